import { printable } from "./printable";

/** Kinds of failure: callers decide by code, people read the message and the hint. */
export type ErrorCode =
    | "invalid" // an argument or a file that can never work
    | "not-found" // the host says that the object does not exist
    | "unreachable" // the host could not be asked: says nothing about which objects exist there
    | "not-ours" // an object of our name or uuid that this declaration does not own
    | "in-use" // an address, port, name or file that another guest holds
    | "no-space"
    | "permission"
    | "program-missing"
    | "program-failed"
    | "not-ready" // the guest runs, but did not become ready in time
    | "guest-ended" // the guest exited, halted, panicked or powered off while something waited for it
    | "timeout"
    | "unsupported" // this host or guest cannot do what is asked
    | "rolled-back" // the update failed and the last-good guest runs again
    | "changed" // a source changed while it was read
    | "newer-state" // state written by a newer release
    | "internal";

export interface ErrorDetails {
    /** What the reader can do; a command where there is one. */
    hint?: string;
    /** The property path, such as `interfaces[0].attach.user.forward[0].host`. */
    property?: string;
    /** The last lines of the guest's console, oldest first. */
    console?: string[];
    cause?: unknown;
}

export class UnikernelError extends Error {
    override readonly name = "UnikernelError";
    readonly code: ErrorCode;
    readonly hint?: string;
    readonly property?: string;
    readonly console?: string[];

    /** @param summary which resource, property or file; what was found; what was expected */
    constructor(code: ErrorCode, summary: string, details: ErrorDetails = {}) {
        // Much of the text comes from a guest, a host or a file, and it goes to a terminal.
        super(printable(render(summary, details)), { cause: details.cause });
        this.code = code;
        this.hint = details.hint === undefined ? undefined : printable(details.hint);
        this.property = details.property;
        this.console = details.console?.map(printable);
    }
}

function render(summary: string, { hint, property, console: lines }: ErrorDetails): string {
    const head = property ? `${property}: ${summary}` : summary;
    const tail = lines?.length ? `\n  last console lines:\n${lines.map((line) => `  | ${line}`).join("\n")}` : "";
    return `${head}${hint ? `\n  hint: ${hint}` : ""}${tail}`;
}

/** Return whether an error is a UnikernelError with one of the codes. */
export function hasCode(error: unknown, ...codes: ErrorCode[]): error is UnikernelError {
    return error instanceof UnikernelError && codes.includes(error.code);
}

/** One problem of the arguments; a check reports all of them at once. */
export interface Problem {
    /** Property path: `blocks[0].image`; empty for the resource as a whole. */
    property: string;
    reason: string;
}

/** Return a UnikernelError as a check failure of a property. @throws any other error unchanged */
export function problemOf(property: string, error: unknown): Problem {
    if (!(error instanceof UnikernelError)) throw error;
    const named = error.property ? `${error.property}: ` : "";
    const reason = error.message.startsWith(named) ? error.message.slice(named.length) : error.message;
    return { property: error.property ?? property, reason };
}

/** Return the message of what was thrown, also of an error of another realm. */
export function messageOf(error: unknown): string {
    return (error as Partial<Error> | undefined | null)?.message ?? String(error);
}

/** Return the first line of what was thrown: without the hint and the console of a UnikernelError. */
export function firstLineOf(error: unknown): string {
    return messageOf(error).split("\n")[0]!;
}
