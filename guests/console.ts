import type { ConsoleVerdict } from "../spec";

type Ended = NonNullable<ConsoleVerdict["ended"]>;
/** @param before the lines before this one */
type Rule = [pattern: RegExp, verdict: (line: string, match: string | undefined, before: string[]) => Ended];

/** The verdict of the first line that a rule matches. */
export function firstVerdict(text: string, rules: Rule[]): ConsoleVerdict {
    const lines = text.split(/\r*\n/);
    for (const [index, line] of lines.entries()) {
        for (const [pattern, verdict] of rules) {
            const match = pattern.exec(line);
            if (match) return { ended: verdict(line.trim(), match[1], lines.slice(0, index)) };
        }
    }
    return {};
}
