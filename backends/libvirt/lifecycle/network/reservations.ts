import { hasCode, KeyedQueue, UnikernelError, type UnikernelSpec } from "../../../../model";
import type { Host } from "../../host";
import type { Mark, NetworkFacts } from "../../model";
import { readNetwork } from "../../xml";
import {
    type ConflictingEntry,
    conflictsOf,
    type FoundEntry,
    isFree,
    isMade,
    isOwn,
    isRecord,
    keysOf,
    refusalOf,
} from "./conflicts";
import { type DeclaredEntry, entriesOf, reservationsOf } from "./declaredEntries";
import { byNetwork, type Entry, entriesIn, entryOf, includes, type RecordedEntry, recordedIn, union } from "./entries";
import { changesOf, madeOf } from "./entryChanges";
import { assertPossible } from "./reservable";

export { entriesOf, reservationsOf, union };

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
export function ownEntries({ mark, specs }: Known): RecordedEntry[] {
    const recorded = mark ? recordedIn(mark) : [];
    const foreign = recorded.filter((entry) => entry.foreign);
    const declared = specs.flatMap((spec) => (spec ? entriesOf(spec) : [])).map(entryOf);
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
export async function checkEntries(
    host: Host,
    desired: DeclaredEntry[],
    own: RecordedEntry[],
    takeover = NO_TAKEOVER,
): Promise<RecordedEntry[]> {
    const records: RecordedEntry[] = [];
    for (const [name, entries] of byNetwork(desired)) {
        const network = await factsOf(host, name, entries[0]!.property);
        for (const entry of entries) {
            const isThere = includes(entriesIn(network), entry);
            for (const conflict of conflictsOf(network, entry, own, desired))
                if (!isOwn(conflict, own)) await takeover(conflict);
            // Accept an existing entry of an earlier release, so that other properties can still be changed.
            if (!isThere) assertPossible(network, entry);
            const foreign = isThere && !includes(own, entry);
            records.push({ ...entryOf(entry), ...(foreign ? { foreign } : {}) });
        }
    }
    return records;
}

/**
 * Make entries.
 * @param own entries that may be replaced
 * @returns steps that undo it, newest first
 */
export async function makeEntries(
    host: Host,
    desired: DeclaredEntry[],
    own: RecordedEntry[],
    takeover = NO_TAKEOVER,
): Promise<(() => Promise<void>)[]> {
    const undo: (() => Promise<void>)[] = [];
    for (const [name, entries] of byNetwork(desired)) {
        for (const entry of entries) {
            try {
                const inverse = await serialised(host, name, async () => {
                    const network = await factsOf(host, name, entry.property);
                    if (isMade(network, entry, own)) return undefined;
                    return makeOne(
                        host,
                        network,
                        entry,
                        (one) => conflictsOf(one, entry, own, desired),
                        async (conflict) => {
                            if (!isOwn(conflict, own)) await takeover(conflict);
                        },
                    );
                });
                if (inverse) undo.unshift(inverse);
            } catch (error) {
                for (const step of undo) await step();
                throw error;
            }
        }
    }
    return undo;
}

async function makeOne(
    host: Host,
    network: NetworkFacts,
    entry: DeclaredEntry,
    conflictsIn: (network: NetworkFacts) => ConflictingEntry[],
    assertReplaceable: Takeover,
): Promise<() => Promise<void>> {
    const conflicts = conflictsIn(network);
    for (const conflict of conflicts) await assertReplaceable(conflict);
    const change = changesOf(host, network);
    const removed: FoundEntry[] = [];
    let added = false;
    const undo = async (): Promise<void> => {
        if (added) await change("delete", madeOf(entry));
        // Do not restore an entry whose address, MAC address or name another entry has got meanwhile.
        const now = await factsOf(host, network.name, entry.property);
        for (const former of removed) if (isFree(now, former)) await change("add-last", former);
    };
    try {
        for (const conflict of conflicts) {
            await change("delete", conflict);
            removed.push(conflict);
        }
        await change("add-last", madeOf(entry));
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

/** Remove those of these entries that still exist. A network that is gone has none. */
export async function release(host: Host, own: RecordedEntry[], kept: Entry[] = []): Promise<void> {
    for (const [name, entries] of byNetwork(own.filter((entry) => !includes(kept, entry)))) {
        await serialised(host, name, async () => {
            const record = await host.networks.get(name);
            if (!record) return;
            const network = readNetwork(record.xml);
            const change = changesOf(host, network);
            for (const found of [...network.reservations, ...network.records]) {
                if (!keysOf(name, found).some((key) => includes(entries, key))) continue;
                await change("delete", found);
                const others = namesOfOthers(name, found, entries);
                if (others.length > 0) await change("add-last", { address: found.address, names: others });
            }
        });
    }
}

/** Return the names that another program has added to a record of ours. */
function namesOfOthers(network: string, found: FoundEntry, own: Entry[]): string[] {
    if (!isRecord(found)) return [];
    const { address } = found;
    return found.names.filter((name) => !includes(own, { network, address, name }));
}

async function factsOf(host: Host, name: string, property: string): Promise<NetworkFacts> {
    const record = await host.networks.get(name).catch((error: unknown) => {
        if (hasCode(error, "not-found")) return undefined;
        throw error;
    });
    if (record) return readNetwork(record.xml);
    throw missingNetwork(name, property.replace(/ipv[46]\.(reserve|name)$/, "attach.network"));
}

export function missingNetwork(name: string, property: string): UnikernelError {
    return new UnikernelError("not-found", `there is no network ${name} on the host`, {
        property,
        hint: "virsh net-list --all lists the host's networks",
    });
}
