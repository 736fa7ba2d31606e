import { constants } from "node:os";
import { withSignal } from "../model";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Run work that a signal ends.
 * @returns its exit code, or 128 and the number of the signal
 */
export async function untilSignal(work: (signal: AbortSignal) => Promise<number>): Promise<number> {
    const ending = new AbortController();
    let heard: (typeof SIGNALS)[number] | undefined;
    const end = (signal: (typeof SIGNALS)[number]): void => {
        heard ??= signal;
        ending.abort(new Error(`ended by ${signal}`));
    };
    for (const signal of SIGNALS) process.on(signal, end);
    try {
        const code = await withSignal(ending.signal, () => work(ending.signal));
        return heard ? 128 + constants.signals[heard] : code;
    } catch (error) {
        if (!heard) throw error;
        return 128 + constants.signals[heard];
    } finally {
        for (const signal of SIGNALS) process.off(signal, end);
    }
}
