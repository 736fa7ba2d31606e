import type { InterfaceSpec, UnikernelSpec } from "../../../../model";
import type { Host, LeaseRecord } from "../../host";

/** Lifetime of a result in milliseconds: every guest of a network that waits for its address asks for the same list. */
const FRESH_MS = 200;
const read = new WeakMap<Host, Map<string, { taken: number; leases: Promise<LeaseRecord[]> }>>();

/** Return the leases of a network, at most 0.2 s old. */
export function recentLeases(host: Host, network: string): Promise<LeaseRecord[]> {
    const known = read.get(host) ?? new Map<string, { taken: number; leases: Promise<LeaseRecord[]> }>();
    read.set(host, known);
    const last = known.get(network);
    if (last && Date.now() - last.taken < FRESH_MS) return last.leases;
    const leases = host.networks.leases(network);
    known.set(network, { taken: Date.now(), leases });
    leases.catch(() => known.delete(network));
    return leases;
}

/** Return the leases that may contain this guest's addresses. Reads only networks that give one to the guest. */
export async function leasesFor(host: Host, { interfaces }: Pick<UnikernelSpec, "interfaces">): Promise<LeaseRecord[]> {
    // Addresses are only for display: a network whose leases cannot be read has none.
    const all = await Promise.all(
        leasingNetworks(interfaces).map((name) => host.networks.leases(name).catch(() => [])),
    );
    return all.flat();
}

/** Return the networks on which an interface asks for an address, by IPv4 or IPv6. */
export function leasingNetworks(interfaces: InterfaceSpec[]): string[] {
    const names = interfaces.flatMap((one) => ("network" in one.attach && asks(one) ? [one.attach.network] : []));
    return [...new Set(names)];
}

/** Return whether an interface gets an address by DHCP. */
export function asks({ ipv4, ipv6 }: InterfaceSpec): boolean {
    if (ipv4 === undefined) return ipv6 === undefined;
    return ipv4 === "dhcp" || "reserve" in ipv4;
}
