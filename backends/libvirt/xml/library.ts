import type * as xmlbuilder2 from "xmlbuilder2";

/**
 * Loaded when first used: it is most of what this package loads, and a preview that finds nothing to do needs none of
 * it.
 */
export function library(): typeof xmlbuilder2 {
    return require("xmlbuilder2") as typeof xmlbuilder2;
}
