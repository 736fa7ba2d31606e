import type { BlockSpec } from "../../../model";

/**
 * Calls of the engine in this run, by URN. For a replacement it calls check with empty olds, as for a new resource
 * (after a call with olds; for a `--target-replace`, without one). Earlier calls tell the two apart.
 */
const replaced = new Map<string, string>();
const declared = new Set<string>();
const blocks = new Map<string, BlockSpec[]>();

/** Note a check of a resource that is in state, and its consequence. */
export function noteCheck(urn: string, consequence: string): void {
    replaced.set(urn, consequence.startsWith("replace") ? consequence : "replace");
}

/**
 * Note a check with empty olds.
 * @returns the consequence that led to the replacement; undefined for a resource that seems new
 */
export function noteEmptyCheck(urn: string): string | undefined {
    declared.add(urn);
    return replaced.get(urn);
}

/**
 * Return the blocks that a guest has in state: a replacement keeps the names of its disks.
 * @param olds undefined on a replacement
 */
export function blocksBefore(urn: string, olds: BlockSpec[] | undefined): BlockSpec[] {
    if (!Array.isArray(olds)) return blocks.get(urn) ?? [];
    blocks.set(urn, olds);
    return olds;
}

/** Return whether a delete is the first half of a replacement: then the program still declares the resource. */
export function isReplacing(urn: string): boolean {
    return declared.has(urn);
}

/** Start another run of the engine, for tests. */
export function forgetChecks(): void {
    replaced.clear();
    declared.clear();
    blocks.clear();
}
