/**
 * Operations of this process that have read everything and are about to change their guests, by uuid, with the guests
 * that they wait for. One process serves one run of the engine.
 */
const inProgress = new Map<string, Set<string>>();
const ended = new Map<string, number>();

/** Note that an operation continues as soon as these others do. */
export function beginOperation(uuid: string, waitsFor: string[] = []): void {
    inProgress.set(uuid, new Set(waitsFor));
}

export function endOperation(uuid: string): void {
    inProgress.delete(uuid);
    ended.set(uuid, changesOf(uuid) + 1);
}

/** Return the number of operations of this process on a guest that have ended: each may have changed its domain. */
export function changesOf(uuid: string): number {
    return ended.get(uuid) ?? 0;
}

export function isInProgress(uuid: string): boolean {
    return inProgress.has(uuid);
}

/**
 * Return whether all operations that this one waits for, directly or indirectly, are running. In a ring of guests that
 * exchange resources, each then releases its old ones before it takes the new ones, and all of them get the same
 * answer.
 */
export function mayProceed(uuid: string, seen = new Set<string>()): boolean {
    if (seen.has(uuid)) return true;
    seen.add(uuid);
    const waitsFor = inProgress.get(uuid);
    return waitsFor !== undefined && [...waitsFor].every((other) => mayProceed(other, seen));
}
