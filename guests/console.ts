import type { ConsoleVerdict } from "../model";

type Ended = NonNullable<ConsoleVerdict["ended"]>;
/** @param before the lines before the matched one */
export type Rule = [pattern: RegExp, verdict: (line: string, match: string | undefined, before: string[]) => Ended];

/** Return the verdict of the first line that matches a rule. */
export function firstVerdict(text: string, rules: Rule[]): ConsoleVerdict {
    const lines = linesOf(text);
    for (const [index, line] of lines.entries()) {
        for (const [pattern, verdict] of rules) {
            const match = pattern.exec(line);
            if (match) return { ended: verdict(line.trim(), match[1], lines.slice(0, index)) };
        }
    }
    return {};
}

/**
 * Return the lines without trailing carriage returns. Splitting at a pattern for both takes quadratic time on a run of
 * them.
 */
export function linesOf(text: string): string[] {
    return text.split("\n").map((line) => {
        let end = line.length;
        while (line[end - 1] === "\r") end--;
        return line.slice(0, end);
    });
}
