import { UNKNOWN } from "../core";

/** Return data without undefined values, at any depth: protocol buffers have null and refuse undefined. */
export function plain<T>(value: T): T {
    return strip(value) as T;
}

function strip(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(strip);
    if (value === null || typeof value !== "object") return value;
    const kept = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(kept.map(([key, inner]) => [key, strip(inner)]));
}

/** Return inputs that a check has refused: outside of a preview the engine refuses unknown values before it reads failures. */
export function withoutUnknowns(inputs: Record<string, unknown>): Record<string, unknown> {
    return JSON.parse(JSON.stringify(inputs, (_key, value: unknown) => (value === UNKNOWN ? undefined : value)));
}
