import { UNKNOWN } from "../../../core";
import { type Attach, endpointsOf } from "../../../model/declared";
import type { Registered } from "./monitor";
import { joined, wireValues } from "./wireValues";

/** A member that the engine has made: its guest, and the interfaces of it. */
export interface Made {
    name: string;
    guest: Registered;
    interfaces: Registered[];
}

/** Return the outputs of a fleet for one member. @param preview what is missing is unknown, not absent */
export function memberOutputs({ name, guest, interfaces }: Made, preview: boolean): object {
    const output = (outputs: Record<string, unknown>, property: string, absent: unknown): unknown =>
        joined(outputs[property] ?? (preview ? UNKNOWN : absent));
    const addresses = output(guest.outputs, "ipAddresses", []);
    const attached = interfaces.map(({ outputs }) => output(outputs, "attach", undefined));
    return {
        name,
        uuid: output(guest.outputs, "uuid", ""),
        host: output(guest.outputs, "connection", ""),
        addresses,
        endpoints: endpoints(attached, addresses, joined(guest.outputs.readiness)),
    };
}

/** Forwarded ports are known before the guest's addresses are. */
function endpoints(attached: unknown[], addresses: unknown, readiness: unknown): unknown {
    return wireValues.form(attached, (attach) => {
        const forwarded = attach.every((one) => "user" in Object(one));
        return wireValues.form(forwarded ? [[], readiness] : [addresses, readiness], ([found, ready]) =>
            endpointsOf(attach as Attach[], found as string[], Object(ready)),
        );
    });
}
