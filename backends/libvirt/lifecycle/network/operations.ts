/**
 * Operations of this process that have read everything and are about to change their guests, by uuid, with the guests
 * that they wait for. One process serves one run of the engine.
 */
const underWay = new Map<string, Set<string>>();

/** Note that an operation continues as soon as these others do. */
export function enter(uuid: string, waitsFor: string[] = []): void {
    underWay.set(uuid, new Set(waitsFor));
}

export function leave(uuid: string): void {
    underWay.delete(uuid);
}

export function isUnderWay(uuid: string): boolean {
    return underWay.has(uuid);
}

/**
 * Return whether all operations that this one waits for, directly or indirectly, are running. In a ring of guests that
 * exchange resources, each then releases its old ones before it takes the new ones, and all of them get the same
 * answer.
 */
export function mayGoOn(uuid: string, seen = new Set<string>()): boolean {
    if (seen.has(uuid)) return true;
    seen.add(uuid);
    const waitsFor = underWay.get(uuid);
    return waitsFor !== undefined && [...waitsFor].every((other) => mayGoOn(other, seen));
}
