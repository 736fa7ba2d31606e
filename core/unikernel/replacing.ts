/**
 * What the engine has asked in this run. On a replacement it calls check again with empty olds, as for a resource that
 * never was; only that it has asked before, with olds, tells the two apart.
 */
const asked = new Map<string, { consequence: string; again: boolean }>();

/** Notes a check of a resource that is in state, and what came of it. */
export function noteCheck(urn: string, consequence: string): void {
    asked.set(urn, { consequence: consequence.startsWith("replace") ? consequence : "replace", again: false });
}

/** A check with empty olds: what the replacement is for; undefined for a resource that is new. */
export function noteEmptyCheck(urn: string): string | undefined {
    const before = asked.get(urn);
    if (before) before.again = true;
    return before?.consequence;
}

/** True while a delete is the first half of a replacement. */
export function isReplacing(urn: string): boolean {
    return asked.get(urn)?.again ?? false;
}

/** For a test: another run of the engine. */
export function forgetChecks(): void {
    asked.clear();
}
