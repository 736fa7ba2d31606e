import { attachKind, UnikernelError, type UnikernelSpec } from "../../../spec";
import type { Host, HostInfo } from "../host";

/** How a port of the guest is reached from here. */
export interface Route {
    address: string;
    port: number;
    /** The listener is the hypervisor's: it takes a connection before the guest does. */
    forwarded: boolean;
}

/** Finds the way; undefined while the guest's address is not known yet. */
export type FindRoute = () => Promise<Route | undefined>;

/** @returns undefined when there is no way at all */
export function routeTo(spec: UnikernelSpec, port: number, host: Host, info: HostInfo): FindRoute | undefined {
    for (const { attach } of spec.interfaces) {
        const forward = "user" in attach && attach.user.forward.find((one) => one.guest === port && one.protocol === "tcp");
        if (forward) {
            const address = reachable(forward.address, host, info);
            if (address) return async () => ({ address, port: forward.host, forwarded: true });
        }
    }
    for (const { attach, ipv4, ipv6 } of spec.interfaces) {
        if ("user" in attach) continue;
        const fixed = typeof ipv4 === "object" ? ("reserve" in ipv4 ? ipv4.reserve : ipv4.address) : ipv6?.address;
        const address = fixed?.split("/")[0];
        if (address) return async () => ({ address, port, forwarded: false });
    }
    for (const { attach, mac } of spec.interfaces) {
        if (!("network" in attach)) continue;
        return async () => {
            const lease = (await host.networks.leases(attach.network)).find((one) => one.mac.toLowerCase() === mac && !one.address.includes(":"));
            return lease && { address: lease.address, port, forwarded: false };
        };
    }
    return undefined;
}

/** A loopback address of another machine is not reachable from here. */
function reachable(address: string, host: Host, info: HostInfo): string | undefined {
    const any = address === "0.0.0.0" || address === "::" || address === "";
    if (info.local) return any ? (address === "::" ? "::1" : "127.0.0.1") : address;
    if (any) return new URL(host.uri).hostname;
    return address.startsWith("127.") || address === "::1" ? undefined : address;
}

export function noRoute(spec: UnikernelSpec, port: number): UnikernelError {
    const user = spec.interfaces.findIndex(({ attach }) => attachKind(attach) === "user");
    return new UnikernelError("invalid", `port ${port} of the guest cannot be reached from here, so nothing can tell that it is ready`, {
        property: "readiness",
        hint: user >= 0 ? `add { host: PORT, guest: ${port} } to interfaces[${user}].attach.user.forward, or use readiness.console`
            : "give an interface an address that is known before the guest runs, or use readiness.console",
    });
}
