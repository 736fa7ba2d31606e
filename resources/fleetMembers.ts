import * as pulumi from "@pulumi/pulumi";
import { type Attach, endpointsOf, type FleetMember } from "../model/declared";
import type { Unikernel, UnikernelArgs } from "./unikernel";

/** Return what others need to know of a member. @param args of its unikernel */
export function memberOf(name: string, instance: Unikernel, args: UnikernelArgs): pulumi.Output<FleetMember> {
    const attached: pulumi.Output<Attach | undefined>[] = (args.interfaces ?? []).map(({ attach }) => attach);
    return pulumi
        .all([
            instance.uuid,
            instance.connection,
            instance.ipAddresses,
            pulumi.all(attached),
            pulumi.output(args.readiness),
        ])
        .apply(([uuid, host, found, attach, readiness]): FleetMember => {
            // A medium has no host and no addresses, and a run with other targets leaves a member out.
            const addresses: string[] = found ?? [];
            return { name, uuid, host: host ?? "", addresses, endpoints: endpointsOf(attach, addresses, readiness) };
        });
}
