import type { Stack } from "../tests/support/engine";

/** The commands that a fleet is measured with, in their order, and their names in the tables. */
export const STEP_NAMES = {
    up: "up",
    preview: "preview, nothing to do",
    refresh: "refresh, nothing drifted",
    change: "one argument changed on all",
    destroy: "destroy",
} as const;
export type Step = keyof typeof STEP_NAMES;
export const STEPS = Object.keys(STEP_NAMES) as Step[];
export type Seconds = Record<Step, number>;

/** Run each step on the stack of bench/programs/fleet. @param after runs after each step */
export async function timeSteps(
    stack: Stack,
    timeout: number | undefined,
    after: (step: Step) => Promise<void> = async () => {},
): Promise<Seconds> {
    const seconds = {} as Seconds;
    for (const step of STEPS) {
        const env = { BENCH_ROUND: step === "change" || step === "destroy" ? "1" : "0" };
        seconds[step] = (await stack[step === "change" ? "up" : step]({ env, timeout })).seconds;
        await after(step);
    }
    return seconds;
}
