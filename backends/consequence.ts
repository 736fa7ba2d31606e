import type { Consequence, PropertyConsequence } from "./backend";

const always =
    (consequence: Consequence) =>
    (why: string): PropertyConsequence => ({ consequence, why });

/** Rows of a backend's table: what changing a property does, whatever its values. @param why one sentence for the docs */
export const live = always("live");
export const restart = always("restart");
export const rebuild = always("rebuild");
export const replace = always("replace");
