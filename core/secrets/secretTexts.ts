type Values = Record<string, unknown>;

/**
 * Return the texts and numbers at property paths such as `env.PASSWORD`, `args[2]`, `readiness.console`, and below
 * them.
 */
export function textsAt(values: object, paths: readonly string[]): string[] {
    const found = paths.flatMap((path) => textsWithin(at({ ...values }, `.${path}`)));
    return [...new Set(found)];
}

/** @param path each step begins with its dot or bracket; a name may itself contain dots */
function at(value: unknown, path: string): unknown {
    if (path === "") return value;
    if (value === null || typeof value !== "object") return undefined;
    for (const [key, inner] of Object.entries(value as Values)) {
        const step = Array.isArray(value) ? `[${key}]` : `.${key}`;
        const rest = path.slice(step.length);
        if (path.startsWith(step) && (rest === "" || /^[.[]/.test(rest))) {
            const found = at(inner, rest);
            if (found !== undefined) return found;
        }
    }
    return undefined;
}

function textsWithin(value: unknown): string[] {
    if (typeof value === "string" || typeof value === "number") return [String(value)];
    return value !== null && typeof value === "object" ? Object.values(value).flatMap(textsWithin) : [];
}
