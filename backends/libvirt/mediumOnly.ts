import type { MediumSpec } from "../../spec";
import type { PropertyConsequence } from "../backend";
import { unsupportedOn } from "../consequence";

const unsupported = unsupportedOn("a host", "restart");
const medium = unsupported("only a medium (platform iso) has one");

/** Rows of what no guest on a host has, whatever runs it. */
export const mediumOnly = {
    output: medium,
    label: medium,
    burn: medium,
    console: unsupported("only a medium (platform iso) chooses: a guest's console is kept by its host"),
} satisfies Record<keyof MediumSpec, PropertyConsequence>;
