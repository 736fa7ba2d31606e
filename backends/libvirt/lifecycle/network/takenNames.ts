import { type Problem, problemOf, type UnikernelSpec } from "../../../../model";
import type { Host } from "../../host";
import { type ConflictingEntry, conflictsOf, isRecord, refusalOf, wantedOf } from "./conflicts";
import type { DeclaredEntry } from "./declaredEntries";
import { listHoldings } from "./domainHoldings";
import { heldError, isOfStack } from "./exclusiveItem";
import { madeFor } from "./handOver";
import { recentNetwork } from "./networks";

/**
 * Return the problem of a name, or a record's address, that an entry of another has which no guest of this stack could release in
 * this run.
 */
export async function takenNames(
    host: Host,
    entry: DeclaredEntry,
    declared: DeclaredEntry[],
    { uuid, urn }: UnikernelSpec,
): Promise<Problem[]> {
    const network = await recentNetwork(host, entry.network);
    if (!network) return [];
    const conflicts = conflictsOf(network, entry, [], declared).filter((one) => isRecord(one) || one.by === "name");
    if (conflicts.length === 0) return [];
    const holders = await listHoldings(host);
    // A list that is some seconds old lacks the guest that another run has just made.
    const now = conflicts.every((one) => madeFor(one, holders)) ? holders : await listHoldings(host, true);
    const refused = (conflict: ConflictingEntry): Problem[] => {
        const holder = madeFor(conflict, now);
        if (holder && (holder.uuid === uuid || isOfStack(holder.urn, urn))) return [];
        const error = holder ? heldError(wantedOf(conflict), holder, urn, undefined) : refusalOf(conflict);
        return [problemOf(error.property ?? entry.property, error)];
    };
    return conflicts.flatMap(refused).slice(0, 1);
}
