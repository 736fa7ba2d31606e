/** Return JSON with sorted keys and without undefined: equal data gives equal text, whatever the order of its keys. */
export function canonical(value: unknown): string {
    return JSON.stringify(value, (_key, inner: unknown) => {
        if (inner === null || typeof inner !== "object" || Array.isArray(inner)) return inner;
        return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
    });
}

export function same(one: unknown, other: unknown): boolean {
    return canonical(one) === canonical(other);
}
