import ignore from "ignore";
import type { Problem } from "../model";

/** Returns whether an entry of a folder is left out, by its path below the folder. */
export type Ignored = (path: string, isFolder: boolean) => boolean;

/**
 * Return the test for patterns in the form of a .gitignore file (gitignore(5)). Names are compared with case, and a
 * folder that is left out is left out with everything in it.
 */
export function ignoredBy(patterns: readonly string[] | undefined): Ignored {
    if (!patterns?.length) return () => false;
    const rules = ignore({ ignorecase: false }).add([...patterns]);
    return (path, isFolder) => rules.ignores(isFolder ? `${path}/` : path);
}

/** Return the problems of patterns that would match nothing, by property. */
export function patternProblems(patterns: readonly string[]): Problem[] {
    return patterns.flatMap((pattern, index) => {
        const reason = problemOf(pattern);
        return reason === undefined ? [] : [{ property: `ignore[${index}]`, reason }];
    });
}

function problemOf(pattern: string): string | undefined {
    const path = pattern.replace(/^!/, "");
    if (path.trim() === "") return "is empty";
    if (/[\n\r\0]/.test(pattern))
        return "has a line break or a zero byte in it: expected one pattern for each entry of the list";
    if (pattern.startsWith("#"))
        return "is a comment, as in a .gitignore file; for a name that begins with # write \\#";
    if (/(?<!\\)(?:\\\\)*\\$/.test(pattern)) return "ends in a backslash, which stands before another character";
    if (/^\/+$/.test(path)) return "means the folder itself; name what is below it";
    if (/^\.\/./.test(path))
        return `matches nothing, since a path below \`source\` begins without a dot; write ${path.slice(1)}`;
    if (/^\.\.?(\/|$)/.test(path)) return "matches nothing: a pattern is for paths below `source`";
    return undefined;
}

/** Return a path as a pattern that matches it alone. */
export function escapedPattern(path: string): string {
    return path.replace(/[\\*?[\]!#]|^ | $/g, "\\$&");
}
