import { constants } from "node:os";
import { selftest as runSelftest } from "../../selftest";
import type { Accelerator } from "../../spec";
import { held, renderJson, renderStep, renderSummary } from "./render";

export interface SelftestCommand {
    connection?: string;
    accelerator?: Accelerator;
    kills?: number;
    /** One JSON document at the end in place of lines as they come. @default false */
    json?: boolean;
    print(text: string): void;
    /** For what is said beside: a signal was heard. */
    say(text: string): void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs selftest and prints what held. A signal ends it, and what it made is removed first. @returns the exit code */
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
        // Where what was made could not be removed, that is what to know.
        if (error !== ending.signal.reason) say(error instanceof Error ? error.message : String(error));
        return 128 + constants.signals[heard];
    } finally {
        for (const signal of SIGNALS) process.off(signal, end);
    }
}
