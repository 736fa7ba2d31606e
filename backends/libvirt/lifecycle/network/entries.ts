import type { NetworkFacts, RecordedReservation } from "../../model";

/** The values by which DHCP entries are told apart. */
export type Entry = Pick<RecordedReservation, "network" | "mac" | "address">;

export function includes(entries: Entry[], { network, mac, address }: Entry): boolean {
    return entries.some((other) => other.network === network && other.mac === mac && other.address === address);
}

export function entryOf({ network, mac, address }: Entry): RecordedReservation {
    return { network, mac, address };
}

export function byNetwork<T extends { network: string }>(entries: T[]): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const entry of entries) groups.set(entry.network, [...(groups.get(entry.network) ?? []), entry]);
    return groups;
}

export function union(entries: RecordedReservation[]): RecordedReservation[] {
    return entries.filter((entry, index) => !includes(entries.slice(0, index), entry));
}

/** Return the entries that a network has. */
export function entriesIn({ name: network, reservations }: NetworkFacts): Entry[] {
    return reservations.map(({ mac, address }) => ({ network, mac: mac?.toLowerCase() ?? "", address }));
}
