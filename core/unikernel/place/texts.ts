import { isDeepStrictEqual } from "node:util";
import type { Problem } from "../../../model";
import { HOST_TEXTS, partsOf } from "../../../model";
import { parseArguments } from "../../arguments";
import { isUnknown, UNKNOWN } from "../../handlers";
import type { StoredInputs } from "../inputs";
import { unikernelShape } from "../schema";

type Values = Record<string, unknown>;

const isHostText = (name: string): boolean => HOST_TEXTS.includes(name);

/** Return the arguments of a guest with `hosts` that can be parsed before its host is known. */
export function beforeHost(args: Values): Values {
    return Object.fromEntries(Object.entries(args).filter(([name]) => !isHostText(name)));
}

/**
 * Parse the other arguments, with the host's name in place of `${host}`.
 * @param host undefined while it is not known
 */
export function parseHostTexts(
    args: Values,
    olds: Partial<StoredInputs>,
    host: string | undefined,
): ReturnType<typeof parseArguments> {
    const problems: Problem[] = [];
    const expanded = Object.entries(args)
        .filter(([name]) => isHostText(name))
        .map(([name, value]): [string, unknown] => {
            // The engine passes back what is in state where `ignoreChanges` names it.
            if (isDeepStrictEqual(value, Reflect.get(olds, name))) return [name, value];
            const refuse = (property: string, reason: string) => problems.push({ property, reason });
            return [name, withHost(value, name, host, refuse)];
        });
    const shape = Object.fromEntries(Object.entries(unikernelShape).filter(([name]) => isHostText(name)));
    const parsed = parseArguments(shape, Object.fromEntries(expanded));
    // A message must not repeat a text that is no longer the one that is known as secret.
    const told = parsed.problems.map(({ property, reason }) => ({
        property,
        reason: reason.replace(/, found ".*"$/s, ""),
    }));
    return { values: parsed.values, problems: [...problems, ...told] };
}

function withHost(
    value: unknown,
    at: string,
    host: string | undefined,
    refuse: (property: string, reason: string) => void,
): unknown {
    if (typeof value === "string") return isUnknown(value) ? value : textWithHost(value, at, host, refuse);
    if (Array.isArray(value)) return value.map((inner, index) => withHost(inner, `${at}[${index}]`, host, refuse));
    if (value === null || typeof value !== "object") return value;
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, inner]) => [key, withHost(inner, `${at}.${key}`, host, refuse)]));
}

function textWithHost(
    text: string,
    at: string,
    host: string | undefined,
    refuse: (property: string, reason: string) => void,
): string {
    let isKnown = true;
    const parts = partsOf(text).map((part) => {
        if (typeof part === "string") return part;
        if (part.name !== "host")
            refuse(
                at,
                "found a placeholder that does not exist; a guest with `hosts` has ${host}; write $${ where it is to read ${",
            );
        else if (host === undefined) isKnown = false;
        return host ?? part.written;
    });
    return isKnown ? parts.join("") : UNKNOWN;
}
