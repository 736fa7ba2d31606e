/**
 * Arguments of a guest with `hosts` whose texts may have `${host}`: the host is chosen when the others are known, so no
 * other argument can have it.
 */
export const HOST_TEXTS: readonly string[] = ["args", "description", "env", "hostname", "name", "readiness"];

/** A part of a text: as it is read, or a placeholder with the text as written. `name` is undefined where it is cut off. */
export type TextPart = string | { name: string | undefined; written: string };

/** Return the parts of a text. Before a brace, `$$` stands for `$`. */
export function partsOf(text: string): TextPart[] {
    const parts: TextPart[] = [];
    let end = 0;
    for (const { 0: whole, 1: dollars = "", 2: rest = "", index } of text.matchAll(/(\$+)\{([^{}$]*\})?/g)) {
        const literal = text.slice(end, index) + "$".repeat(dollars.length >> 1);
        end = index + whole.length;
        if (dollars.length % 2 === 0) parts.push(`${literal}{${rest}`);
        else parts.push(literal, { name: rest === "" ? undefined : rest.slice(0, -1), written: `\${${rest}` });
    }
    return [...parts, text.slice(end)];
}

/** Return the text of parts of which `${host}` is to stay. */
export function writtenOf(parts: (string | { written: string })[]): string {
    // Where a part ends has no meaning, so adjacent texts are escaped as one.
    const joined: (string | { written: string })[] = [];
    for (const part of parts) {
        const last = joined.at(-1);
        if (typeof part === "string" && typeof last === "string") joined[joined.length - 1] = last + part;
        else joined.push(part);
    }
    return joined
        .map((part, index) => {
            if (typeof part !== "string") return part.written;
            const escaped = part.replaceAll(/\$+(?=\{)/g, (dollars) => dollars + dollars);
            const isBefore = index < joined.length - 1;
            return isBefore ? escaped.replace(/\$+$/, (dollars) => dollars + dollars) : escaped;
        })
        .join("");
}
