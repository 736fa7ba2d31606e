import type { Problem } from "../error";

/** How a declaration holds what is not plain data: Outputs of a program; secret and unknown values of a message. */
export interface Values {
    /** Return whether a value is secret, unknown, or known only later. */
    isLater(value: unknown): boolean;
    /** Return whether a value is taken as it is, such as a resource. */
    isWhole(value: unknown): boolean;
    /** Return a value made of several. It is secret where one of them is secret, and known when all of them are known. */
    form(values: unknown[], form: (known: unknown[]) => unknown): unknown;
}

/** Data that is all known. */
export const PLAIN: Values = {
    isLater: () => false,
    isWhole: () => false,
    form: (values, form) => form(values),
};

export type Tree = Record<string, unknown>;
export type Report = (problem: Problem) => void;

/** Return whether a value is an object of the declaration's own, which has properties to read. */
export function isTree(value: unknown, values: Values = PLAIN): value is Tree {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    return !values.isLater(value) && !values.isWhole(value);
}

/** Return an object without the properties that have no value. */
export function present(tree: Tree): Tree {
    return Object.fromEntries(Object.entries(tree).filter(([, value]) => value !== undefined && value !== null));
}

/** Return what a value is, in words of an error. Values are not repeated: they may be long. */
export function kindOf(value: unknown, values: Values = PLAIN): string {
    if (value === undefined || value === null) return "nothing";
    if (values.isLater(value)) return "a value that is secret, or not known before the run";
    if (values.isWhole(value)) return "a resource or an asset";
    if (Array.isArray(value)) return "a list";
    return typeof value === "number" || typeof value === "boolean"
        ? String(value)
        : `a${typeof value === "object" ? "n object" : " text"}`;
}
