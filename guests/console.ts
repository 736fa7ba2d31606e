import type { ConsoleVerdict } from "../spec";

type Ended = NonNullable<ConsoleVerdict["ended"]>;
/** @param before the lines before this one */
export type Rule = [pattern: RegExp, verdict: (line: string, match: string | undefined, before: string[]) => Ended];

/** The verdict of the first line that a rule matches. */
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

/** Lines without the carriage returns at their ends. To split at a pattern of both would search a run of them once for each. */
export function linesOf(text: string): string[] {
    return text.split("\n").map((line) => {
        let end = line.length;
        while (line[end - 1] === "\r") end--;
        return line.slice(0, end);
    });
}
