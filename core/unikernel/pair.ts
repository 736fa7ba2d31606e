import type { Consequence } from "../../backends";

/** Two values of a property; with a note they differ in any case. */
export interface Pair {
    property: string;
    from: unknown;
    to: unknown;
    note?: string;
    consequence?: Consequence;
}
