/** MiB that this run of the engine has given to new guests, by host and URN. */
const given = new Map<string, Map<string, number>>();

/** Return the MiB that this run has given to other new guests of a host. */
export function givenOut(host: string, urn: string): number {
    let sum = 0;
    for (const [other, memory] of given.get(host) ?? []) if (other !== urn) sum += memory;
    return sum;
}

/** Note that a new guest is to be made on a host. A guest is on one host: a later check replaces an earlier one. */
export function give(host: string, urn: string, memory: number): void {
    for (const guests of given.values()) guests.delete(urn);
    given.set(host, (given.get(host) ?? new Map<string, number>()).set(urn, memory));
}

/** Start another run of the engine, for tests. */
export function forgetGiven(): void {
    given.clear();
}
