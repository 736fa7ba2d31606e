import type { InterfaceSpec, UnikernelSpec } from "../../model";
import type { LeaseRecord } from "./host";

/**
 * Return one address for each interface, as reached from the host; "" where none is known. The order of preference is
 * the address of a forward, the declared address, the lease.
 */
export function ipAddresses({ interfaces }: Pick<UnikernelSpec, "interfaces">, leases: LeaseRecord[]): string[] {
    return interfaces.map((one) => forwarded(one) ?? declared(one) ?? leased(one, leases) ?? "");
}

/** Return the address on which the host listens for a guest behind a user-mode network. */
function forwarded({ attach }: InterfaceSpec): string | undefined {
    const address = "user" in attach ? attach.user.forward[0]?.address : undefined;
    return address === "0.0.0.0" ? "127.0.0.1" : address;
}

function declared({ ipv4, ipv6 }: InterfaceSpec): string | undefined {
    if (typeof ipv4 === "object") return withoutPrefix("reserve" in ipv4 ? ipv4.reserve : ipv4.address);
    return ipv4 === undefined && ipv6 ? withoutPrefix(ipv6.address) : undefined;
}

function leased({ attach, mac }: InterfaceSpec, leases: LeaseRecord[]): string | undefined {
    if (!("network" in attach)) return undefined;
    const own = leases.filter((lease) => lease.network === attach.network && lease.mac.toLowerCase() === mac);
    // The newest lease first: a guest that requested another one still has the old one. IPv4 before IPv6.
    return own.sort(
        (a, b) => Number(a.address.includes(":")) - Number(b.address.includes(":")) || b.expires - a.expires,
    )[0]?.address;
}

function withoutPrefix(cidr: string): string {
    return cidr.split("/")[0] ?? cidr;
}
