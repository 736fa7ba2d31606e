import { z } from "zod";
import type { Problem } from "../spec";
import { privateArguments } from "../spec/arguments";
import { containsUnknown } from "./handlers";

/** What checking arguments against a shape gave. */
export interface Parsed {
    /** Checked values with defaults; what is still unknown stands as it came. */
    values: Record<string, unknown>;
    problems: Problem[];
}

/**
 * Checks each argument on its own, so that one with an unknown inside keeps no other from being checked.
 * @param elements schemas of lists whose elements are checked one by one, for the same reason
 * @param taker what takes them, for the message
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

/** What the constructors send along, and no person writes. */
const PRIVATE = new Set(privateArguments);

/**
 * Names of outputs under which a constructor sends an empty secret where an argument is secret that they may repeat: the engine
 * encrypts an output whose namesake among the inputs is secret.
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
    // "Exactly one of" follows from a misspelt one, and would only hide it.
    parsed.problems.push(
        ...problems.filter(({ property }) => !problems.some((other) => within(other.property, property))),
    );
}

/** zod's issue in our words. A union reports each branch: of the right kind, the one with least wrong is what was meant. */
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
                    reason: `${found === undefined ? "required; " : ""}${issue.message}${shown(property, found)}`,
                },
            ];
    }
}

function within(property: string, outer: string): boolean {
    return property.startsWith(`${outer}.`) || property.startsWith(`${outer}[`);
}

/** `blocks[0].image`, `env["a.b"]`. */
export function join(path: string, key: PropertyKey): string {
    if (typeof key === "number") return `${path}[${key}]`;
    const text = String(key);
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(text)) return `${path}[${JSON.stringify(text)}]`;
    return path ? `${path}.${text}` : text;
}

function step(value: unknown, key: PropertyKey): unknown {
    return value !== null && typeof value === "object" ? Object(value)[key] : undefined;
}

/** Values that may be secret are never repeated in a message. */
function shown(property: string, value: unknown): string {
    if (/^(env|args)\b/.test(property)) return "";
    const short = typeof value === "string" ? value.length <= 80 : ["number", "boolean"].includes(typeof value);
    return short ? `, found ${JSON.stringify(value)}` : "";
}
