import { hasCode } from "../../../spec";
import type { Context } from "../../backend";

/** What was done so far and can be taken back. */
export class Undo {
    private steps: (() => Promise<void>)[] = [];

    constructor(private readonly context: Context) {}

    add(step: () => Promise<void>): void {
        this.steps.unshift(step);
    }

    /** Takes everything back, the newest first. A step that fails does not keep the others, nor hide the error that led here. @returns whether all was taken back */
    async run(): Promise<boolean> {
        let whole = true;
        for (const step of this.steps.splice(0)) {
            try {
                await step();
            } catch (error) {
                whole = false;
                this.context.log(`could not take back a step: ${messageOf(error)}`);
                // Nobody is there; the next run finds what is left and goes on from it.
                if (hasCode(error, "unreachable")) return whole;
            }
        }
        return whole;
    }
}

export function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}
