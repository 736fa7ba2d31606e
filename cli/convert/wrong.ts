import { UnikernelError } from "../../model";

/** Return the error for a line that its own tool would refuse. @param hint what to do */
export function wrong(tool: string, word: string, problem: string, hint?: string): UnikernelError {
    return new UnikernelError("invalid", `${tool}: ${word}: ${problem}`, {
        hint: hint ?? "correct the word, or leave it out; quote it for your shell as for the tool itself",
    });
}

/** Return the error for a line that is right and of which no guest can be declared. */
export function impossible(tool: string, word: string, reason: string, hint: string): UnikernelError {
    return new UnikernelError("unsupported", `${tool}: not converted: ${word}: ${reason}`, { hint });
}
