import { constants } from "node:os";
import type { Accelerator } from "../../model";
import { messageOf } from "../../model";
import { selftest as runSelftest } from "../../selftest";
import { held, renderJson, renderStep, renderSummary } from "./render";

export interface SelftestCommand {
    connection?: string;
    accelerator?: Accelerator;
    kills?: number;
    /** Print one JSON document at the end instead of lines as they come. @default false */
    json?: boolean;
    print(text: string): void;
    /** Print a message that is not a result, such as the arrival of a signal. */
    say(text: string): void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Run selftest and print the results. After a signal, everything it created is removed first.
 * @returns the exit code
 */
export async function selftest({ json = false, print, say, ...options }: SelftestCommand): Promise<number> {
    const ending = new AbortController();
    let heard: (typeof SIGNALS)[number] | undefined;
    const end = (signal: (typeof SIGNALS)[number]): void => {
        if (!heard) say(`${signal}: removing what was made, then ending`);
        heard ??= signal;
        ending.abort(new Error(`ended by ${signal}`));
    };
    for (const signal of SIGNALS) process.on(signal, end);
    try {
        const steps = await runSelftest({
            ...options,
            signal: ending.signal,
            onStep: json
                ? undefined
                : (step) => {
                      print(renderStep(step));
                  },
        });
        print(json ? renderJson(steps) : `\n${renderSummary(steps)}`);
        return held(steps) ? 0 : 1;
    } catch (error) {
        if (!heard) throw error;
        // A failed removal matters more than the signal.
        if (error !== ending.signal.reason) say(messageOf(error));
        return 128 + constants.signals[heard];
    } finally {
        for (const signal of SIGNALS) process.off(signal, end);
    }
}
