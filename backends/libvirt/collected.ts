import { setTimeout as sleep } from "node:timers/promises";

import { abortable, detached } from "../../model";

/** Milliseconds in which requests are collected. */
const WINDOW_MS = 10;

/**
 * Return a function that asks for one thing, where all that are asked for at the same time are read by one request.
 * Each is read after it was asked for, and no answer is kept.
 * @param read returns the answers in the order of the keys; null for what does not exist
 */
export function collected<T>(read: (keys: string[]) => Promise<(T | null)[]>): (key: string) => Promise<T | undefined> {
    let next: { keys: string[]; answers: Promise<Map<string, T | null>> } | undefined;
    return async (key) => {
        if (!next) {
            const keys: string[] = [];
            const answers = detached(async () => {
                await sleep(WINDOW_MS);
                next = undefined;
                const all = [...new Set(keys)];
                const found = await read(all);
                return new Map(all.map((one, index) => [one, found[index] ?? null]));
            });
            next = { keys, answers };
        }
        next.keys.push(key);
        const { answers } = next;
        return (await abortable(answers)).get(key) ?? undefined;
    };
}
