import { UnikernelError } from "../spec";
import type { Problem } from "../spec";

/** An error of ours as a check failure of a property; anything else is thrown on. */
export function problemOf(property: string, error: unknown): Problem {
    if (!(error instanceof UnikernelError)) throw error;
    const named = error.property ? `${error.property}: ` : "";
    const reason = error.message.startsWith(named) ? error.message.slice(named.length) : error.message;
    return { property: error.property ?? property, reason };
}
