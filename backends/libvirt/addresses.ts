import { type InterfaceSpec, ownAddress, type UnikernelSpec, withoutPrefix } from "../../model";
import type { LeaseRecord } from "./host";
import { type Family, newestLease } from "./leases";

/**
 * Return one address for each interface, as reached from the host; "" where none is known. The order of preference is
 * the address of a forward, the guest's own static address, its lease, its reservation. A lease that differs from the
 * reservation is the address that the guest has: it asked before the reservation was made.
 */
export function ipAddresses({ interfaces }: Pick<UnikernelSpec, "interfaces">, leases: LeaseRecord[]): string[] {
    return interfaces.map(
        (one) =>
            forwarded(one) ??
            configured(one) ??
            leased(one, leases, "ipv4") ??
            reserved(one) ??
            leased(one, leases, "ipv6") ??
            "",
    );
}

/** Return the address on which the host listens for a guest behind a user-mode network. */
function forwarded({ attach }: InterfaceSpec): string | undefined {
    const address = "user" in attach ? attach.user.forward[0]?.address : undefined;
    return address === "0.0.0.0" ? "127.0.0.1" : address;
}

/** Return the address that the guest gives itself. */
function configured({ ipv4, ipv6 }: InterfaceSpec): string | undefined {
    const own = ownAddress(ipv4) ?? (ipv4 === undefined ? ipv6 : undefined);
    return own && withoutPrefix(own.address);
}

function reserved({ ipv4 }: InterfaceSpec): string | undefined {
    return typeof ipv4 === "object" && "reserve" in ipv4 ? ipv4.reserve : undefined;
}

/** Return the address of an interface's lease; undefined where no libvirt network gives it one. */
export function leased({ attach, mac }: InterfaceSpec, leases: LeaseRecord[], family: Family): string | undefined {
    if (!("network" in attach)) return undefined;
    return newestLease(leases, { network: attach.network, mac }, family)?.address;
}
