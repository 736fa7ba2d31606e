import { messageOf } from "../../model";
/** The result of one step. */
export interface StepResult {
    id: string;
    title: string;
    status: "held" | "failed" | "skipped";
    /** The finding, or what did not hold, in a sentence. */
    found: string;
    seconds: number;
    /** Number of kills of the worker in this step. */
    kills?: number;
}

/** The result of a step that held. */
export interface StepOutcome {
    found: string;
    kills?: number;
}

/** Run one step. @throws only when the whole run was ended */
export async function step(
    id: string,
    title: string,
    signal: AbortSignal,
    work: () => Promise<StepOutcome>,
): Promise<StepResult> {
    const begin = Date.now();
    const seconds = (): number => Math.round((Date.now() - begin) / 10) / 100;
    try {
        signal.throwIfAborted();
        const held = await work();
        return { id, title, status: "held", seconds: seconds(), ...held };
    } catch (error) {
        signal.throwIfAborted();
        return {
            id,
            title,
            status: "failed",
            found: messageOf(error),
            seconds: seconds(),
        };
    }
}
