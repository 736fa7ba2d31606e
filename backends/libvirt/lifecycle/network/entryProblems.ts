import { type Problem, problemOf, type UnikernelSpec } from "../../../../model";
import { type DeclaredEntry, entriesOf } from "./declaredEntries";
import type { SeenNetwork } from "./networks";
import { assertPossible } from "./reservable";

/**
 * Return the problems of reservations and names that a preview can see. A missing network is none: the same run may create it.
 * @param taken returns the problems of a name that another entry of the network may have
 */
export async function entryProblems(
    network: (name: string) => Promise<SeenNetwork>,
    spec: UnikernelSpec,
    taken: (entry: DeclaredEntry, declared: DeclaredEntry[]) => Promise<Problem[]>,
): Promise<Problem[]> {
    const declared = entriesOf(spec);
    const found = await Promise.all(
        declared.map(async (entry) => {
            const seen = await network(entry.network);
            if (seen === undefined || seen === "unknown") return [];
            try {
                assertPossible(seen, entry);
            } catch (error) {
                return [problemOf(entry.property, error)];
            }
            return entry.name === undefined ? [] : taken(entry, declared);
        }),
    );
    return found.flat();
}
