/** What became of one step. */
export interface StepResult {
    id: string;
    title: string;
    status: "held" | "failed" | "skipped";
    /** What was seen, or what did not hold, in a sentence. */
    found: string;
    seconds: number;
    /** How often the worker was killed in it. */
    kills?: number;
}

/** What a step that held has to say. */
export interface Held {
    found: string;
    kills?: number;
}

/** Runs one step. @throws only where the whole run was ended */
export async function step(
    id: string,
    title: string,
    signal: AbortSignal,
    work: () => Promise<Held>,
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
            found: error instanceof Error ? error.message : String(error),
            seconds: seconds(),
        };
    }
}
