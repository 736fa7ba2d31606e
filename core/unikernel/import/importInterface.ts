import type { FoundGuest } from "../../../backends";
import { canonicalAddress, type InterfaceSpec, type OwnAddress, ownAddress, withoutPrefix } from "../../../model";

type Addresses = Pick<InterfaceSpec, "ipv4" | "ipv6">;
type Names = FoundGuest["names"][number];

/**
 * Return an interface as a program declares it.
 * @param configured the addresses that the guest's configuration has
 * @param names those that its network's DNS has for addresses
 */
export function importInterface(
    nic: FoundGuest["interfaces"][number],
    configured?: Addresses,
    names: Names = {},
): InterfaceSpec {
    return {
        ...nic,
        ...withNames(configured, names),
        ...(reserves(nic, configured) ? { ipv4: nic.ipv4 } : {}),
    };
}

/** Return the addresses that a guest configures itself with their names. */
function withNames(configured: Addresses = {}, names: Names): Addresses {
    const named = (own: OwnAddress): OwnAddress => {
        const name = names[canonicalAddress(withoutPrefix(own.address))];
        return name === undefined ? own : { ...own, name };
    };
    const own = ownAddress(configured.ipv4);
    return {
        ...configured,
        ...(own ? { ipv4: named(own) } : {}),
        ...(configured.ipv6 ? { ipv6: named(configured.ipv6) } : {}),
    };
}

/** A reservation counts where the guest uses DHCP, or where that is not known. */
function reserves({ ipv4 }: Addresses, configured: Addresses = {}): boolean {
    return ipv4 !== undefined && (configured.ipv4 ?? "dhcp") === "dhcp" && configured.ipv6 === undefined;
}
