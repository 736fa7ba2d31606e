/** A text, or an object of texts. */
export type Value = string | Map<string, string>;

/**
 * Return the entries of a configuration, in order. The syntax resembles JSON, but keys repeat, extra commas are
 * allowed, and there are no escapes (jsmn in non-strict mode). Undefined for anything else, including a backslash or an
 * array.
 */
export function parseConfig(text: string): [key: string, value: Value][] | undefined {
    const tokens = tokensOf(text);
    if (tokens?.[0] !== "{" || tokens.at(-1) !== "}") return undefined;
    const entries: [string, Value][] = [];
    let at = 1;
    while (at < tokens.length - 1) {
        const [key = "", colon, value = ""] = tokens.slice(at, at + 3);
        if (!isText(key) || colon !== ":") return undefined;
        if (isText(value)) {
            entries.push([bare(key), bare(value)]);
            at += 3;
            continue;
        }
        const end = tokens.indexOf("}", at + 3);
        const fields = value === "{" ? fieldsOf(tokens.slice(at + 3, end)) : undefined;
        if (!fields || end < 0 || end >= tokens.length - 1) return undefined;
        entries.push([bare(key), fields]);
        at = end + 1;
    }
    return entries;
}

/** Return strings with their quotes, and punctuation except commas, which the guest's reader ignores. */
function tokensOf(text: string): string[] | undefined {
    const found = text.trim().match(/"[^"\\]*"|[{}:]|[\s,]+|[^]/g) ?? [];
    const tokens = found.filter((token) => !/^[\s,]+$/.test(token));
    return tokens.every((token) => isText(token) || /^[{}:]$/.test(token)) ? tokens : undefined;
}

function fieldsOf(tokens: string[]): Map<string, string> | undefined {
    const fields = new Map<string, string>();
    for (let at = 0; at < tokens.length; at += 3) {
        const [key = "", colon, value = ""] = tokens.slice(at, at + 3);
        if (!isText(key) || colon !== ":" || !isText(value) || fields.has(bare(key))) return undefined;
        fields.set(bare(key), bare(value));
    }
    return fields;
}

const isText = (token: string): boolean => token.startsWith('"') && token.length > 1;
const bare = (token: string): string => token.slice(1, -1);
