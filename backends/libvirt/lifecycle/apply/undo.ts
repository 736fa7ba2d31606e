import { hasCode, messageOf } from "../../../../model";
import type { Context } from "../../../backend";

/** The steps so far that can be undone. */
export class Undo {
    private steps: (() => Promise<void>)[] = [];

    constructor(private readonly context: Context) {}

    add(step: () => Promise<void>): void {
        this.steps.unshift(step);
    }

    /**
     * Undo all steps, the newest first. A step that fails neither stops the others nor hides the original error.
     * @returns whether all steps were undone
     */
    async run(): Promise<boolean> {
        let whole = true;
        for (const step of this.steps.splice(0)) {
            try {
                await step();
            } catch (error) {
                whole = false;
                this.context.log(`could not undo a step: ${messageOf(error)}`);
                // The host is unreachable; the next run continues from what is left.
                if (hasCode(error, "unreachable")) return whole;
            }
        }
        return whole;
    }
}
