import type * as xmlbuilder2 from "xmlbuilder2";

/** Loaded when first used: a third of what this package loads, which only a definition that is written needs. */
export function library(): typeof xmlbuilder2 {
    return require("xmlbuilder2") as typeof xmlbuilder2;
}
