import { AsyncResource } from "node:async_hooks";
import { setTimeout as sleep } from "node:timers/promises";

import { abortable, detached } from "../../model";

/** Milliseconds in which requests are collected. */
const WINDOW_MS = 10;

type Collected<T, Early> = (key: string, early?: (answer: Early) => void) => Promise<T | undefined>;

/**
 * Return a function that asks for one thing, where all that are asked for at the same time are read by one request.
 * Each is read after it was asked for, and no answer is kept.
 * @param read returns the answers in the order of the keys, null for what does not exist; before, it may call `early`
 * with what it knows of each already
 */
export function collected<T, Early>(
    read: (keys: string[], early: (answers: Early[]) => void) => Promise<(T | null)[]>,
): Collected<T, Early> {
    let next: { asked: [string, ((answer: Early) => void)?][]; answers: Promise<Map<string, T | null>> } | undefined;
    return async (key, early) => {
        if (!next) {
            const asked: [string, ((answer: Early) => void)?][] = [];
            const answers = detached(async () => {
                await sleep(WINDOW_MS);
                next = undefined;
                const all = [...new Set(asked.map(([one]) => one))];
                const found = await read(all, (known) => {
                    for (const [one, tell] of asked) tell?.(known[all.indexOf(one)]!);
                });
                return new Map(all.map((one, index) => [one, found[index] ?? null]));
            });
            next = { asked, answers };
        }
        // What it begins ends with the signal of its own caller.
        next.asked.push([key, early && AsyncResource.bind(early)]);
        const { answers } = next;
        return (await abortable(answers)).get(key) ?? undefined;
    };
}
