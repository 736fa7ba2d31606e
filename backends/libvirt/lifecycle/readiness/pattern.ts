import { type Context, createContext, Script } from "node:vm";
import { UnikernelError } from "../../../../model";
import { tail } from "./console";

/** Time limit of one match; an ordinary pattern needs some milliseconds for the whole console. */
const LIMIT_MS = 1000;

/** Runs in `vm`, which can interrupt V8's regular expressions; no other means can. */
const MATCH = new Script('new RegExp(pattern, "m").test(text)');

/** The text that a pattern is for. */
interface Subject {
    property: "readiness.console" | "readiness.http.body";
    name: string;
}

const CONSOLE: Subject = { property: "readiness.console", name: "console" };

/**
 * Matches the user's regular expression against what a guest printed or answered. Endless backtracking, as with `(a+)+$`, would block
 * the event loop and every other guest of the run, so each match has a time limit.
 */
export class GuestPattern {
    private readonly context: Context;
    private readonly sandbox: { pattern: string; text: string };
    /** Length of the text whose match timed out once. If only the machine stalled, the next match succeeds. */
    private undecided = 0;

    constructor(
        private readonly pattern: string,
        private readonly subject: Subject = CONSOLE,
    ) {
        this.sandbox = { pattern, text: "" };
        this.context = createContext(this.sandbox);
    }

    /** Match a text. Throws `not-ready` when the match exceeds its time limit, and `invalid` for an invalid pattern. */
    matches(text: string): boolean {
        this.sandbox.text = text;
        try {
            const matches = Boolean(MATCH.runInContext(this.context, { timeout: LIMIT_MS }));
            if (text.length >= this.undecided) this.undecided = 0;
            return matches;
        } catch (error) {
            if (!isTimeout(error)) throw this.refused(error);
            if (this.undecided > 0) throw this.endless(text);
            this.undecided = text.length;
            return false;
        }
    }

    /** The message itself says what to do, because a rollback replaces the hint. */
    private endless(text: string): UnikernelError {
        return new UnikernelError(
            "not-ready",
            `not ready: the regular expression /${this.pattern}/ was not decided within ${LIMIT_MS} ms on the ${text.length} characters of the ${this.subject.name}; ` +
                "write it without repetitions inside of repetitions, such as (a+)+ or (.*)*: a plain text or a line's beginning (^ready) will do",
            { property: this.subject.property, ...(this.subject === CONSOLE ? { console: tail(text) } : {}) },
        );
    }

    private refused(error: unknown): UnikernelError {
        const message = String(Object(error).message);
        return new UnikernelError("invalid", `/${this.pattern}/ cannot be used: ${message}`, {
            property: this.subject.property,
            hint: "write a shorter regular expression",
            cause: error,
        });
    }
}

function isTimeout(error: unknown): boolean {
    return Object(error).code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
