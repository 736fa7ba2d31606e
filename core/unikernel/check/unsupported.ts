import { type ConsequenceTable, unsupportedIn } from "../../../backends";
import type { Problem } from "../../../model";
import { same } from "../../../model";
import { defaultOf, type Row, unikernelRows } from "../../../model/arguments";
import { containsUnknown } from "../../handlers";

/**
 * Refuse arguments that a platform does not support, by its table. A value that equals the default does not count as
 * given.
 * @param values parsed arguments, before others are derived from them
 */
export function unsupportedProblems(values: Record<string, unknown>, table: ConsequenceTable): Problem[] {
    return Object.entries(unsupportedIn(table)).flatMap(([pattern, reason]) =>
        found(values, "", pattern.match(/\[\]|[^.[\]]+/g) ?? [])
            .filter(({ property, value }) => !containsUnknown(value) && !isDefault(property, value))
            .map(({ property }) => ({ property, reason })),
    );
}

interface Found {
    property: string;
    value: unknown;
}

/** Return every value that exists at a path. An empty list holds none, as in `{ user: { forward: [] } }`. */
function found(value: unknown, property: string, [step, ...rest]: string[]): Found[] {
    if (value === undefined || value === null) return [];
    if (step === undefined) return [{ property, value }];
    if (step === "[]")
        return Array.isArray(value) ? value.flatMap((inner, index) => found(inner, `${property}[${index}]`, rest)) : [];
    return found(Object(value)[step], property ? `${property}.${step}` : step, rest);
}

/** Only top-level arguments have defaults that check may have filled in. */
function isDefault(property: string, value: unknown): boolean {
    const row: Row | undefined = Object.entries<Row>(unikernelRows).find(([name]) => name === property)?.[1];
    const standard = row && defaultOf(row);
    return standard !== undefined && same(standard, value);
}
