/**
 * Operations of this process that have looked at everything and are about to change their guests, by uuid, with the guests that they wait for.
 * One process serves one run of the engine.
 */
const underWay = new Map<string, Set<string>>();

/** Note that an operation goes on as soon as these others do. */
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
 * Return whether all operations that this one waits for, directly or through others, are under way. In a ring of guests that exchange things
 * each then gives up what it had before it takes what it gets; all of them find the same.
 */
export function mayGoOn(uuid: string, seen = new Set<string>()): boolean {
    if (seen.has(uuid)) return true;
    seen.add(uuid);
    const waitsFor = underWay.get(uuid);
    return waitsFor !== undefined && [...waitsFor].every((other) => mayGoOn(other, seen));
}
