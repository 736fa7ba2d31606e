import { hasCode, KeyedQueue, UnikernelError, type UnikernelSpec } from "../../../../model";
import type { Host, ReservationCommand } from "../../host";
import type { Mark, NetworkFacts, RecordedReservation } from "../../model";
import { readNetwork, renderReservation } from "../../xml";
import { type ConflictingEntry, conflictsOf, isMade, isOwn, refusalOf } from "./conflicts";
import { type Reservation, reservationsOf } from "./declaredReservations";
import { byNetwork, entriesIn, entryOf, includes, union } from "./entries";
import { assertReservable } from "./reservable";

export { reservationsOf, union };

/** Decides on a conflicting entry: returns where it may be replaced, and throws `in-use` where it may not. */
export type Takeover = (entry: ConflictingEntry) => Promise<void>;

const NO_TAKEOVER: Takeover = (entry) => Promise.reject(refusalOf(entry));

/** The sources that tell a guest's own entries: its mark, and the specs that were applied or begun. */
export interface Known {
    mark?: Mark;
    /** A mark of release 0.1.0 records no entries: then the declared ones count as ours. */
    specs: (UnikernelSpec | undefined)[];
}

/** Return the entries that were made for this guest. Other entries with the same MAC belong to an administrator. */
export function ownEntries({ mark, specs }: Known): RecordedReservation[] {
    const recorded = mark?.reservations ?? [];
    const foreign = recorded.filter((entry) => entry.foreign);
    const declared = specs.flatMap((spec) => (spec ? reservationsOf(spec) : [])).map(entryOf);
    return union([
        ...recorded.filter((entry) => !entry.foreign),
        ...declared.filter((entry) => !includes(foreign, entry)),
    ]);
}

/**
 * Check, before any change, that each network can give the desired addresses. Throws `invalid`, `unsupported`, or
 * `in-use` where an entry of another guest or an administrator conflicts.
 * @returns the records for the mark
 */
export async function checkReservations(
    host: Host,
    desired: Reservation[],
    own: RecordedReservation[],
    takeover = NO_TAKEOVER,
): Promise<RecordedReservation[]> {
    const records: RecordedReservation[] = [];
    for (const [name, entries] of byNetwork(desired)) {
        const network = await factsOf(host, name, entries[0]!.property);
        for (const entry of entries) {
            const isThere = includes(entriesIn(network), entry);
            for (const conflict of conflictsOf(network, entry, own))
                if (!isOwn(conflict, own)) await takeover(conflict);
            // Accept an existing entry of an earlier release, so that other properties can still be changed.
            if (!isThere) assertReservable(network, entry.address, entry.property);
            const foreign = isThere && !includes(own, entryOf(entry));
            records.push({ ...entryOf(entry), ...(foreign ? { foreign } : {}) });
        }
    }
    return records;
}

/**
 * Make reservations.
 * @param own entries that may be replaced
 * @returns steps that undo it, newest first
 */
export async function reserve(
    host: Host,
    desired: Reservation[],
    own: RecordedReservation[],
    takeover = NO_TAKEOVER,
): Promise<(() => Promise<void>)[]> {
    const undo: (() => Promise<void>)[] = [];
    for (const [name, entries] of byNetwork(desired)) {
        for (const entry of entries) {
            try {
                const inverse = await serialised(host, name, async () =>
                    reserveOne(host, await factsOf(host, name, entry.property), entry, own, takeover),
                );
                if (inverse) undo.unshift(inverse);
            } catch (error) {
                for (const step of undo) await step();
                throw error;
            }
        }
    }
    return undo;
}

async function reserveOne(
    host: Host,
    network: NetworkFacts,
    entry: Reservation,
    own: RecordedReservation[],
    takeover: Takeover,
): Promise<(() => Promise<void>) | undefined> {
    if (isMade(network, entry, own)) return undefined;
    const { mac, address, name } = entry;
    const conflicts = conflictsOf(network, entry, own);
    for (const conflict of conflicts) if (!isOwn(conflict, own)) await takeover(conflict);
    const change = (
        command: ReservationCommand,
        one: { mac?: string; address: string; name?: string },
    ): Promise<void> =>
        host.networks.updateReservation(
            network.name,
            command,
            renderReservation({ ...one, mac: one.mac ?? "" }),
            ipElementIndex(network),
        );
    const removed: ConflictingEntry[] = [];
    let added = false;
    const undo = async (): Promise<void> => {
        if (added) await change("delete", { mac, address });
        // Do not restore an entry whose address, MAC address or name another entry has got meanwhile.
        const { reservations } = await factsOf(host, network.name, entry.property);
        const isFree = (one: ConflictingEntry): boolean =>
            !reservations.some(
                (now) =>
                    now.address === one.address ||
                    (now.mac !== undefined && now.mac.toLowerCase() === one.mac) ||
                    (now.name !== undefined && now.name === one.name),
            );
        for (const former of removed) if (isFree(former)) await change("add-last", former);
    };
    try {
        for (const conflict of conflicts) {
            await change("delete", conflict);
            removed.push(conflict);
        }
        await change("add-last", { mac, address, name });
        added = true;
    } catch (error) {
        await undo().catch(() => undefined);
        throw error;
    }
    return () => serialised(host, network.name, undo);
}

const queue = new KeyedQueue();

/** Read and change a network's entries without interference by another guest of this process. */
function serialised<T>({ uri }: Host, network: string, work: () => Promise<T>): Promise<T> {
    return queue.run(JSON.stringify([uri, network]), work);
}

/** Return the index of the <ip> element for IPv4 entries: the one with IPv4 DHCP, of which libvirt allows one. */
function ipElementIndex({ subnets }: NetworkFacts): number | undefined {
    const index = subnets.findIndex(({ family, dhcp }) => family === "ipv4" && dhcp);
    return index < 0 ? undefined : index;
}

/** Remove those of these entries that still exist. A network that is gone has none. */
export async function release(
    host: Host,
    own: RecordedReservation[],
    kept: (Reservation | RecordedReservation)[] = [],
): Promise<void> {
    for (const [name, entries] of byNetwork(own.filter((entry) => !includes(kept, entry)))) {
        await serialised(host, name, async () => {
            const record = await host.networks.get(name);
            if (!record) return;
            const network = readNetwork(record.xml);
            for (const { mac, address, name: hostname } of network.reservations) {
                if (!mac || !includes(entries, { network: name, mac: mac.toLowerCase(), address })) continue;
                await host.networks.updateReservation(
                    name,
                    "delete",
                    renderReservation({ mac, address, name: hostname }),
                    ipElementIndex(network),
                );
            }
        });
    }
}

async function factsOf(host: Host, name: string, property: string): Promise<NetworkFacts> {
    const record = await host.networks.get(name).catch((error: unknown) => {
        if (hasCode(error, "not-found")) return undefined;
        throw error;
    });
    if (record) return readNetwork(record.xml);
    throw missingNetwork(name, property.replace(/ipv4\.reserve$/, "attach.network"));
}

export function missingNetwork(name: string, property: string): UnikernelError {
    return new UnikernelError("not-found", `there is no network ${name} on the host`, {
        property,
        hint: "virsh net-list --all lists the host's networks",
    });
}
