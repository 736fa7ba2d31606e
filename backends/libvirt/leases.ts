import type { LeaseRecord } from "./host";

export type Family = "ipv4" | "ipv6";

/**
 * Return the valid lease of an interface that was granted or renewed last. A guest that identifies itself in another
 * way after an update has two leases, of which it uses the newer one. Leases that have ended are not reported by
 * libvirt; one without an end (0) is newer than any other.
 */
export function newestLease(
    leases: LeaseRecord[],
    { network, mac }: Pick<LeaseRecord, "network" | "mac">,
    family: Family,
): LeaseRecord | undefined {
    const own = leases.filter(
        (one) =>
            one.network === network &&
            one.mac.toLowerCase() === mac.toLowerCase() &&
            one.address.includes(":") === (family === "ipv6"),
    );
    return own.reduce<LeaseRecord | undefined>(
        (newest, one) => (newest === undefined || endOf(one) >= endOf(newest) ? one : newest),
        undefined,
    );
}

/**
 * Return the leases without those that were there before and have not been renewed since. A lease without an end does
 * not show whether it was renewed, and stays.
 */
export function withoutFormer(leases: LeaseRecord[], former: LeaseRecord[]): LeaseRecord[] {
    return leases.filter(
        (one) =>
            !former.some(
                (before) =>
                    before.expires !== 0 &&
                    before.network === one.network &&
                    before.mac === one.mac &&
                    before.address === one.address &&
                    before.expires === one.expires,
            ),
    );
}

function endOf({ expires }: LeaseRecord): number {
    return expires === 0 ? Number.POSITIVE_INFINITY : expires;
}
