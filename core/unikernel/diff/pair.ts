import type { Consequence } from "../../../backends";

/** The old and the new value of a property; a pair with a note always differs. */
export interface Pair {
    property: string;
    from: unknown;
    to: unknown;
    note?: string;
    consequence?: Consequence;
}
