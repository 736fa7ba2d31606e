import type { Mark, NetworkFacts, RecordedName, RecordedReservation } from "../../model";

/** A DHCP entry or a DNS record, as a mark records it. */
export type RecordedEntry = RecordedReservation | RecordedName;

type ReservationKey = Pick<RecordedReservation, "network" | "mac" | "address">;
/** The values by which entries are told apart: a DHCP entry has the MAC address, a DNS record the name. */
export type Entry = ReservationKey | Pick<RecordedName, "network" | "address" | "name">;

export function isReservation<T extends Entry>(entry: T): entry is Extract<T, { mac: string }> {
    return "mac" in entry;
}

export function includes(entries: Entry[], entry: Entry): boolean {
    return entries.some((other) => {
        if (other.network !== entry.network || other.address !== entry.address) return false;
        if (isReservation(entry)) return isReservation(other) && other.mac === entry.mac;
        return !isReservation(other) && other.name === entry.name;
    });
}

export function entryOf(entry: Entry): RecordedEntry {
    const { network, address } = entry;
    return isReservation(entry) ? { network, mac: entry.mac, address } : { network, address, name: entry.name };
}

export function byNetwork<T extends { network: string }>(entries: T[]): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const entry of entries) groups.set(entry.network, [...(groups.get(entry.network) ?? []), entry]);
    return groups;
}

export function union(entries: RecordedEntry[]): RecordedEntry[] {
    return entries.filter((entry, index) => !includes(entries.slice(0, index), entry));
}

/** Return the entries that a network has. */
export function entriesIn({ name: network, reservations, records }: NetworkFacts): Entry[] {
    return [
        ...reservations.map(({ mac, address }) => ({ network, mac: mac?.toLowerCase() ?? "", address })),
        ...records.flatMap(({ address, names }) => names.map((name) => ({ network, address, name }))),
    ];
}

/** Return the entries that a mark records. */
export function recordedIn({
    reservations = [],
    records = [],
}: Pick<Mark, "reservations" | "records">): RecordedEntry[] {
    return [...reservations, ...records];
}

/** Return the entries of a mark that were made for its guest. */
export function madeIn(mark: Pick<Mark, "reservations" | "records">): RecordedEntry[] {
    return recordedIn(mark).filter(({ foreign }) => !foreign);
}

/** Return entries as a mark has them. */
export function recorded(entries: RecordedEntry[]): Pick<Mark, "reservations" | "records"> {
    const reservations = entries.filter((entry) => isReservation(entry));
    const records = entries.filter((entry): entry is RecordedName => !isReservation(entry));
    return {
        ...(reservations.length > 0 ? { reservations } : {}),
        ...(records.length > 0 ? { records } : {}),
    };
}
