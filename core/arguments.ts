import { z } from "zod";
import { nameOfNotMade, type Problem } from "../model";
import { privateArguments } from "../model/arguments";
import { containsUnknown } from "./handlers";

/** The result of checking arguments against a shape. */
export interface Parsed {
    /** Checked values with defaults; unknown values stay as they came. */
    values: Record<string, unknown>;
    problems: Problem[];
}

/**
 * Check each argument on its own, so that an unknown value in one does not keep the others from being checked.
 * @param elements shapes of lists whose elements are checked one by one, for the same reason
 * @param taker the kind of object that takes the arguments, for the message
 */
export function parseArguments(
    shape: Record<string, z.ZodType>,
    news: Record<string, unknown>,
    elements: Record<string, z.ZodType> = {},
    taker: "resource" | "function" | "provider" = "resource",
): Parsed {
    const parsed: Parsed = { values: {}, problems: [] };
    const known = Object.keys(shape).filter((name) => !PRIVATE.has(name));
    for (const name of Object.keys(news).filter((name) => !(name in shape))) {
        parsed.problems.push({ property: name, reason: `unknown property; this ${taker} takes ${known.join(", ")}` });
    }
    for (const [name, schema] of Object.entries(shape)) {
        const value = news[name] ?? undefined;
        const element = elements[name];
        if (!containsUnknown(value))
            parse(parsed, name, schema, value, (result) => {
                parsed.values[name] = result;
            });
        else if (element && Array.isArray(value)) parsed.values[name] = parseElements(parsed, name, element, value);
        else parsed.values[name] = value;
    }
    return parsed;
}

/** Arguments that constructors send and programs never write. */
const PRIVATE = new Set(privateArguments);

/**
 * Accept, under the names of outputs, an empty secret. A constructor sends it where an output may repeat a secret
 * argument, because the engine encrypts an output whose input of the same name is secret.
 */
export function secretPlaces<Name extends string>(names: readonly Name[]): Record<Name, z.ZodType> {
    for (const name of names) PRIVATE.add(name);
    const place: z.ZodType = z.literal("", { error: "unknown property" }).optional();
    return Object.fromEntries(names.map((name) => [name, place])) as Record<Name, z.ZodType>;
}

function parseElements(parsed: Parsed, name: string, schema: z.ZodType, list: unknown[]): unknown[] {
    return list.map((value, index) => {
        let kept = value;
        if (!containsUnknown(value))
            parse(parsed, `${name}[${index}]`, schema, value, (result) => {
                kept = result;
            });
        return kept;
    });
}

function parse(parsed: Parsed, at: string, schema: z.ZodType, value: unknown, accept: (result: unknown) => void): void {
    const result = schema.safeParse(value);
    if (result.success) {
        if (result.data !== undefined) accept(result.data);
        return;
    }
    const problems = result.error.issues.flatMap((issue) => problemsOf(issue, at, value));
    // A misspelt key also breaks "exactly one of"; that second problem would only hide the first.
    parsed.problems.push(
        ...problems.filter(({ property }) => !problems.some((other) => within(other.property, property))),
    );
}

/**
 * Translate a zod issue. Of a union's branches of the right kind, the one with the fewest problems is taken as meant.
 */
function problemsOf(issue: z.core.$ZodIssue, at: string, value: unknown): Problem[] {
    const property = issue.path.reduce<string>(join, at);
    const found = issue.path.reduce<unknown>(step, value);
    switch (issue.code) {
        case "unrecognized_keys":
            return issue.keys.map((key) => ({ property: join(property, key), reason: "unknown property" }));
        case "invalid_union": {
            const deep = issue.errors.filter((branch) =>
                branch.every(({ path, code }) => path.length > 0 || code === "unrecognized_keys"),
            );
            const branch = deep.sort((one, other) => one.length - other.length)[0];
            return (
                branch?.flatMap((inner) => problemsOf(inner, property, found)) ?? [{ property, reason: issue.message }]
            );
        }
        default:
            return [
                {
                    property,
                    reason: `${found === undefined ? "required; " : ""}${sentence(issue, property, found)}`,
                },
            ];
    }
}

function within(property: string, outer: string): boolean {
    return property.startsWith(`${outer}.`) || property.startsWith(`${outer}[`);
}

/** Append a key to a property path: `blocks[0].image`, `env["a.b"]`. */
export function join(path: string, key: PropertyKey): string {
    if (typeof key === "number") return `${path}[${key}]`;
    const text = String(key);
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(text)) return `${path}[${JSON.stringify(text)}]`;
    return path ? `${path}.${text}` : text;
}

function step(value: unknown, key: PropertyKey): unknown {
    return value !== null && typeof value === "object" ? Object(value)[key] : undefined;
}

function sentence(issue: z.core.$ZodIssue, property: string, found: unknown): string {
    // YAML has a number in `PORT: 8080`, and a boolean in `DEBUG: true`.
    if (issue.code === "invalid_type" && issue.expected === "string" && ["number", "boolean"].includes(typeof found)) {
        const text = MAY_BE_SECRET.test(property) ? "it in quotes" : `"${found}"`;
        return `expected a text, found a ${typeof found}; write ${text}`;
    }
    return `${issue.message}${shown(property, found)}`;
}

const MAY_BE_SECRET = /^(env|args)\b/;

/** Return `, found …` for a short value. Values that may be secret never appear in a message. */
function shown(property: string, value: unknown): string {
    if (MAY_BE_SECRET.test(property) || nameOfNotMade(value) !== undefined) return "";
    const short = typeof value === "string" ? value.length <= 80 : ["number", "boolean"].includes(typeof value);
    return short ? `, found ${JSON.stringify(value)}` : "";
}
