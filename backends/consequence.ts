import type { UnikernelSpec } from "../model";

export type Consequence = "live" | "restart" | "replace" | "rebuild";

/** The consequence of a change of one property. Each backend declares it once; the docs print it. */
export interface PropertyConsequence {
    consequence: Consequence;
    /** One sentence for the docs: what happens to the guest. */
    why: string;
    /**
     * Return the consequence of this change, where it depends on the two values or on the present declaration
     * (for example, the source of an interface can be moved live).
     */
    refine?(from: unknown, to: unknown, declared: UnikernelSpec): Consequence;
    /**
     * The parts that the platform does not support, with the reason. The key is a path below the property (`[]` for any
     * index), or `""` for the property itself. Check refuses a value other than the default.
     */
    unsupported?: Record<string, string>;
}
export type ConsequenceTable = Record<string, PropertyConsequence>;

const always =
    (consequence: Consequence) =>
    (why: string): PropertyConsequence => ({ consequence, why });

/**
 * Return a row of a backend's table whose consequence does not depend on the values.
 * @param why one sentence for the docs
 */
export const live = always("live");
export const restart = always("restart");
export const rebuild = always("rebuild");
export const replace = always("replace");

/**
 * Return a function that makes rows for properties that a platform does not support: check refuses them unless they
 * are at their defaults.
 * @param where the platform, as the sentence in the docs names it
 * @param consequence of a difference, which a value that is not known yet can cause
 */
export const unsupportedOn =
    (where: string, consequence: Consequence = "live") =>
    (reason: string): PropertyConsequence => ({
        consequence,
        why: `Means nothing on ${where}; refused.`,
        unsupported: { "": reason },
    });

/** Return all unsupported properties of a table: property path (`[]` for any index) → reason. */
export function unsupportedIn(table: ConsequenceTable): Record<string, string> {
    return Object.fromEntries(
        Object.entries(table).flatMap(([property, { unsupported = {} }]) =>
            Object.entries(unsupported).map(([below, reason]) => [`${property}${below}`, reason]),
        ),
    );
}
