import type { UnikernelSpec } from "../../../../model";
import type { Observation } from "../../../backend";
import type { Host, LeaseRecord } from "../../host";
import { withoutFormer } from "../../leases";
import type { LibvirtPlatform } from "../../platform";
import { leasesFor } from "../network/leases";

export interface ObservedGuest {
    host: Host;
    platform: LibvirtPlatform;
    spec: UnikernelSpec;
    hostUuid: string;
    consoleLog: string;
    /** Leases of former boots, which do not show the address of the running guest. */
    formerLeases: LeaseRecord[];
}

/** Return the observation after a create or update, with few or no calls to the host. */
export async function observation(
    { host, platform, spec, hostUuid, consoleLog, formerLeases }: ObservedGuest,
    known: Pick<Observation, "state" | "bootDigest" | "unfinished" | "incarnation" | "folder">,
): Promise<Observation> {
    const leases = known.state === "stopped" ? [] : await leasesFor(host, spec);
    return {
        ...known,
        host: hostUuid,
        drift: {},
        consoleLog,
        consoleCommand: platform.consoleCommand(spec),
        ipAddresses: platform.ipAddresses(spec, withoutFormer(leases, formerLeases)),
    };
}
