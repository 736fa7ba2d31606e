import { randomBytes } from "node:crypto";
import { setImmediate } from "node:timers/promises";

import { abortable, detached, hasCode } from "../../../../model";
import { quote } from "./shellProtocol";

/** Milliseconds in which questions are collected. */
const WINDOW_MS = 3;

/** The output for all questions of one script, and the place of this question among them. */
export interface Answers {
    out: Buffer;
    index: number;
    /** The script prints it between the answers to two questions. */
    nonce: string;
}

interface Question {
    words: string[];
    resolve(answers: Answers | undefined): void;
    reject(error: unknown): void;
}

/**
 * Collects questions about many guests that are asked at the same time, and sends them as one script. An answer is read
 * after its question and is not kept, so it is as new as that of a script of its own.
 */
export class Together {
    private waiting = new Map<string, Question[]>();

    /** @param ready resolves when the connection is open: questions are collected until then */
    constructor(
        private readonly ask: (ask: { what: string; script: string; words: string[] }) => Promise<{ out: Buffer }>,
        private readonly ready: () => Promise<unknown>,
    ) {}

    /**
     * Ask a question, which must change nothing.
     * @param script answers many questions: its words are, for each, the number of words and the words
     * @returns undefined where it was the only one, or not all could be answered: the caller then asks on its own
     */
    question(script: string, words: string[]): Promise<Answers | undefined> {
        return abortable(
            new Promise((resolve, reject) => {
                if (this.waiting.size === 0) detached(() => setTimeout(() => void this.send(), WINDOW_MS));
                const same = this.waiting.get(script) ?? [];
                same.push({ words, resolve, reject });
                this.waiting.set(script, same);
            }),
        );
    }

    private async send(): Promise<void> {
        const failed = await this.ready().then(
            () => undefined,
            (error: unknown) => ({ error }),
        );
        // Others that have waited for the connection ask now.
        await setImmediate();
        const parts = [...this.waiting];
        this.waiting = new Map();
        const all = parts.flatMap(([, questions]) => questions);
        if (all.length < 2 && !failed) {
            for (const { resolve } of all) resolve(undefined);
            return;
        }
        const nonce = randomBytes(16).toString("hex");
        const words = parts.map(([, questions]) =>
            questions.flatMap((one) => [String(one.words.length), ...one.words].map(quote)).join(" "),
        );
        try {
            if (failed) throw failed.error;
            const { out } = await this.ask({
                what: `look at ${all.length} things`,
                script: scriptOf(parts.map(([script]) => script)),
                words: [nonce, ...words],
            });
            let rest = out;
            for (const [, questions] of parts) {
                const at = rest.indexOf(`\n${nonce} `);
                const end = rest.indexOf("\n", at + 1);
                const whole = at >= 0 && rest.toString("latin1", at + nonce.length + 2, end) === "0";
                const said = rest.subarray(0, Math.max(0, at));
                rest = rest.subarray(end + 1);
                questions.forEach(({ resolve }, index) => {
                    resolve(whole ? { out: said, index, nonce } : undefined);
                });
            }
        } catch (error) {
            const lost = hasCode(error, "unreachable", "timeout");
            for (const { resolve, reject } of all) {
                if (lost) reject(error);
                else resolve(undefined);
            }
        }
    }
}

/**
 * Return the script that runs these, each in a subshell. Its words are a nonce, and for each script its words, quoted.
 * After the output of each it prints the nonce and the exit code.
 */
function scriptOf(scripts: string[]): string {
    return [
        "nonce=$1",
        ...scripts.map((script, at) => `part${at}() {\n${script}\n:\n}`),
        "set +e",
        ...scripts.map(
            (_script, at) => `(set -e; eval "part${at} $${at + 2}")\ncode=$?\nprintf '\\n%s %s\\n' "$nonce" "$code"`,
        ),
    ].join("\n");
}

/** Return the answer to one question of a script that prints the nonce on a line of its own after each answer. */
export function answerOf({ out, index, nonce }: Answers): Buffer {
    const mark = `\n${nonce}\n`;
    let rest = out;
    for (let before = 0; before < index; before++) rest = rest.subarray(rest.indexOf(mark) + mark.length);
    return rest.subarray(0, Math.max(0, rest.indexOf(mark)));
}
