import type { Problem } from "../../spec";
import { same } from "../canonical";
import { containsUnknown } from "../handlers";
import { unikernelShape } from "./schema";

/**
 * Refuses what means nothing on a platform, by the backend's own list. What stands at its default was not asked for.
 * @param values parsed arguments, before anything follows from them
 * @param meaningless property path with `[]` for any index → the reason
 */
export function meaninglessProblems(values: Record<string, unknown>, meaningless: Record<string, string>): Problem[] {
    return Object.entries(meaningless).flatMap(([pattern, reason]) =>
        found(values, "", pattern.match(/\[\]|[^.[\]]+/g) ?? [])
            .filter(({ property, value }) => !containsUnknown(value) && !isDefault(property, value))
            .map(({ property }) => ({ property, reason })),
    );
}

interface Found {
    property: string;
    value: unknown;
}

/** Every value that is there at a path; an empty object (`{ user: { forward: [] } }`) holds nothing. */
function found(value: unknown, property: string, [step, ...rest]: string[]): Found[] {
    if (value === undefined || value === null) return [];
    if (step === undefined) return [{ property, value }];
    if (step === "[]")
        return Array.isArray(value) ? value.flatMap((inner, index) => found(inner, `${property}[${index}]`, rest)) : [];
    return found(Object(value)[step], property ? `${property}.${step}` : step, rest);
}

/** Only the arguments themselves have defaults that could have come from here. */
function isDefault(property: string, value: unknown): boolean {
    const schema = Object.entries(unikernelShape).find(([name]) => name === property)?.[1];
    const parsed = schema?.safeParse(undefined);
    return parsed?.success === true && same(parsed.data, value);
}
