/** A piece of work that a create waited for, in milliseconds since 1970. */
export interface Mark {
    name: string;
    from: number;
    to: number;
}

/**
 * Divide the time from `from` to `to` among the names of the marks: a moment belongs to the first name of `order` that
 * has a mark there. So nested and simultaneous work counts once, for the innermost, and the sum is the whole.
 * @param rest the name of the moments without a mark
 * @returns milliseconds for each name of `order`, and for `rest`
 */
export function divide(
    marks: readonly Mark[],
    order: readonly string[],
    { from, to }: { from: number; to: number },
    rest: string,
): Map<string, number> {
    const unknown = marks.find(({ name }) => !order.includes(name));
    if (unknown) throw new Error(`no span has the name "${unknown.name}"`);
    const inside = marks
        .map((mark) => ({ ...mark, from: Math.max(mark.from, from), to: Math.min(mark.to, to) }))
        .filter((mark) => mark.from < mark.to);
    const edges = [...new Set([from, to, ...inside.flatMap((mark) => [mark.from, mark.to])])].sort((a, b) => a - b);
    const spans = new Map([...order, rest].map((name) => [name, 0]));
    edges.slice(1).forEach((end, index) => {
        const begin = edges[index] ?? end;
        const there = inside.filter((mark) => mark.from <= begin && mark.to >= end).map(({ name }) => name);
        const name = order.find((one) => there.includes(one)) ?? rest;
        spans.set(name, (spans.get(name) ?? 0) + end - begin);
    });
    return spans;
}
