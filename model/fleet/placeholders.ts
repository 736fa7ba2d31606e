import { UnikernelError } from "../error";
import { HOST_TEXTS, partsOf, writtenOf } from "../hosts";
import { isTree, type Report, type Tree, type Values } from "./values";

/** What the placeholders of one member stand for. */
export interface Place {
    index: number;
    name: string;
    /**
     * Undefined: the fleet has no hosts. Else whether the guest itself has `${host}` in this text, when its host is
     * chosen.
     */
    host?: "later" | "never";
}

const EXPECTED = "expected ${index} or ${name}";
const ESCAPE = "write $${ where the guest is to read ${";
const LONGEST = 40;

/**
 * Return a text with the member's values in place of `${index}` and `${name}`. Before a brace, `$$` stands for `$`. Where
 * the guest replaces `${host}`, that stays, and all else is written so that the guest reads it as it is here.
 * @param refuse called with the reason against each placeholder that does not exist
 */
export function expandText(text: string, place: Place, refuse: (reason: string) => void): string {
    const known: Record<string, string> = { index: String(place.index), name: place.name };
    const parts = partsOf(text).map((part) => {
        if (typeof part === "string") return part;
        const value = part.name === undefined ? undefined : known[part.name];
        if (value !== undefined || (part.name === "host" && place.host === "later")) return value ?? part;
        refuse(reasonAgainst(part.written.slice(2), place));
        return part;
    });
    return place.host === "later"
        ? writtenOf(parts)
        : parts.map((part) => (typeof part === "string" ? part : part.written)).join("");
}

function reasonAgainst(rest: string, { host }: Place): string {
    if (rest === "") return `found "\${" without a name and "}"; ${EXPECTED}; ${ESCAPE}`;
    if (rest === "host}")
        return host === undefined
            ? "found ${host}, which only members of a fleet with `hosts` have"
            : `found \${host}, which only ${HOST_TEXTS.join(", ")} can have, since the host is chosen when the rest is known`;
    return `found \${${rest.slice(0, LONGEST)}, which does not exist; ${EXPECTED}; ${ESCAPE}`;
}

/**
 * Return a part of a declaration with all of its texts expanded.
 * @throws UnikernelError `invalid` when a placeholder within a secret or later value does not exist
 */
export function expandTree(value: unknown, at: string, place: Place, values: Values, report: Report): unknown {
    if (typeof value === "string") return expandText(value, place, (reason) => report({ property: at, reason }));
    if (values.isWhole(value)) return value;
    if (values.isLater(value))
        return values.form([value], ([known]) => expandTree(known, at, place, values, () => refuseWithin(at)));
    if (Array.isArray(value))
        return value.map((inner, index) => expandTree(inner, `${at}[${index}]`, place, values, report));
    if (!isTree(value, values)) return value;
    const expanded = Object.entries(value).map(([key, inner]): [string, unknown] => [
        key,
        expandTree(inner, `${at}.${key}`, place, values, report),
    ]);
    return Object.fromEntries(expanded) satisfies Tree;
}

/** The text may be secret, so the error does not repeat it. */
function refuseWithin(at: string): never {
    throw new UnikernelError("invalid", `found a placeholder that does not exist; ${EXPECTED}`, {
        property: at,
        hint: ESCAPE,
    });
}
