import { type Context, createContext, Script } from "node:vm";
import { UnikernelError } from "../../../spec";
import { tail } from "./console";

/** An ordinary pattern takes some ms over the whole console that is read. */
const LIMIT_MS = 1000;

/** `vm` ends a script that runs too long, also within V8's regular expressions, which nothing else can interrupt. */
const MATCH = new Script('new RegExp(pattern, "m").test(text)');

/**
 * The user's regular expression over what a guest prints. One that backtracks without end (`(a+)+$`) would hold the event loop, and with it every other
 * guest of the run, so that each try has a limit.
 */
export class ConsolePattern {
    private readonly context: Context;
    private readonly sandbox: { pattern: string; text: string };
    /** Length of the text that was not decided: of a machine that stood still for a moment, the next look decides it. */
    private undecided = 0;

    constructor(private readonly pattern: string) {
        this.sandbox = { pattern, text: "" };
        this.context = createContext(this.sandbox);
    }

    /** Throws `not-ready` when the pattern cannot be decided within its limit, and `invalid` when it is none. */
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

    /** The message says what to do, since a rollback has a hint of its own. */
    private endless(text: string): UnikernelError {
        return new UnikernelError(
            "not-ready",
            `not ready: the regular expression /${this.pattern}/ was not decided within ${LIMIT_MS} ms on the ${text.length} characters of the console; ` +
                "write it without repetitions inside of repetitions, such as (a+)+ or (.*)*: a plain text or a line's beginning (^ready) will do",
            { property: "readiness.console", console: tail(text) },
        );
    }

    private refused(error: unknown): UnikernelError {
        const message = String(Object(error).message);
        return new UnikernelError("invalid", `/${this.pattern}/ cannot be used: ${message}`, {
            property: "readiness.console",
            hint: "write a shorter regular expression",
            cause: error,
        });
    }
}

function isTimeout(error: unknown): boolean {
    return Object(error).code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
