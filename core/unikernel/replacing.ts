import type { BlockSpec } from "../../spec";

/**
 * What the engine has asked in this run, by URN. On a replacement it calls check with empty olds, as for a resource
 * that never was (after a call with olds; of a `--target-replace`, without one). What it asked tells them apart.
 */
const replaced = new Map<string, string>();
const declared = new Set<string>();
const blocks = new Map<string, BlockSpec[]>();

/** Notes a check of a resource that is in state, and what came of it. */
export function noteCheck(urn: string, consequence: string): void {
    replaced.set(urn, consequence.startsWith("replace") ? consequence : "replace");
}

/** A check with empty olds: what the replacement is for; undefined for a resource that seems new. */
export function noteEmptyCheck(urn: string): string | undefined {
    declared.add(urn);
    return replaced.get(urn);
}

/** The blocks that a guest has in state: its disks keep their names when it is replaced too. @param olds undefined on a replacement */
export function blocksBefore(urn: string, olds: BlockSpec[] | undefined): BlockSpec[] {
    if (!Array.isArray(olds)) return blocks.get(urn) ?? [];
    blocks.set(urn, olds);
    return olds;
}

/** True while a delete is the first half of a replacement: what the program declares anew does not come to its end. */
export function isReplacing(urn: string): boolean {
    return declared.has(urn);
}

/** For a test: another run of the engine. */
export function forgetChecks(): void {
    replaced.clear();
    declared.clear();
    blocks.clear();
}
