import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import { hasCode, messageOf } from "../../../../model";
import type { Reach } from "./reach";
import type { FindRoutes, Route } from "./routes";

/** Connect to a route. The signal limits the time for an answer; the caller destroys the connection. */
export type Connect = () => Promise<{ socket: Duplex; signal: AbortSignal }>;

export interface Attempt {
    /** Try one address once; resolve with undefined when the guest is up, else with the observed failure. */
    run(route: Route, connect: Connect): Promise<string | undefined>;
    /** Milliseconds that it takes for a guest that answers at once. */
    takes: number;
}

/** Time limit for a slow server, which one attempt in `PATIENT_EACH` gets. */
const PATIENT_MS = 10_000;
const PATIENT_EACH = 8;
/** Pause between two attempts at a guest that has answered, and the time that an answer may take then. Milliseconds. */
const STEADY_MS = 500;
const STEADY_LIMIT_MS = 5000;

/** Attempts at a guest that has served before, the pause between two, and the time for all answers. Milliseconds. */
const ASKED = { times: 3, pause: 500, limit: 10_000 };

/** Where a guest may be reached, and by which connections. */
export interface Probing {
    find: FindRoutes;
    reach: Reach;
}

const within = (least: number, value: number, most: number): number => Math.min(Math.max(value, least), most);

/**
 * Try all addresses until the guest is up: until one attempt succeeds, and then none fails for `minReady` milliseconds.
 * @param onSeen called with what was seen, until it is up
 * @throws UnikernelError `not-ready` or `invalid` for an attempt that can never succeed, or the signal's reason
 */
export async function probe(
    probing: Probing,
    attempt: Attempt,
    signal: AbortSignal,
    onSeen: (what: string) => void,
    minReady = 0,
): Promise<void> {
    do await untilUp(probing, attempt, signal, onSeen);
    while (!(await stays(probing, attempt, signal, onSeen, minReady)));
}

/**
 * A new attempt does not wait for the last one, and
 * most have a short limit: a forward accepts a connection before the guest has its address, and then retries only after
 * seconds, while a new connection is answered at once. Pauses grow with the elapsed time, so that they add only a few
 * percent to it.
 */
async function untilUp(
    probing: Probing,
    attempt: Attempt,
    signal: AbortSignal,
    onFailure: (why: string) => void,
): Promise<void> {
    const { inFlight: most, pause } = probing.reach;
    const stop = new AbortController();
    const all = AbortSignal.any([signal, stop.signal]);
    const begin = Date.now();
    let inFlight = 0;
    let done: { failure?: unknown } | undefined;
    const end = (how: { failure?: unknown }): void => {
        done ??= how;
        stop.abort();
    };
    try {
        for (let count = 1; !done; count++) {
            signal.throwIfAborted();
            const passed = Date.now() - begin;
            if (inFlight < most) {
                inFlight++;
                const patience =
                    count % PATIENT_EACH === 0 ? PATIENT_MS : attempt.takes + within(300, Math.round(passed / 2), 1000);
                void tryOnce(probing, attempt, all, patience).then(
                    (why) => {
                        inFlight--;
                        if (why === undefined) end({});
                        else if (!all.aborted) onFailure(why);
                    },
                    (failure: unknown) => {
                        end({ failure });
                    },
                );
            }
            await sleep(within(pause.least, passed / 20, pause.most), undefined, { signal: all }).catch(
                () => undefined,
            );
        }
        if (done.failure !== undefined) throw done.failure;
    } finally {
        stop.abort();
    }
}

/**
 * Ask a guest that has served before whether it still does. A first failure may be chance, so it gets some attempts; the time for an
 * answer is long, since a guest that serves uses none of it.
 * @returns undefined where it answers, else what was seen last
 * @throws UnikernelError as `probe` does
 */
export async function answers(
    probing: Probing,
    attempt: Attempt,
    signal: AbortSignal = new AbortController().signal,
): Promise<string | undefined> {
    const end = Date.now() + ASKED.limit;
    for (let time = 1; ; time++) {
        const why = await tryOnce(probing, attempt, signal, Math.max(end - Date.now(), 1));
        signal.throwIfAborted();
        if (why === undefined || time === ASKED.times || Date.now() >= end) return why;
        await sleep(ASKED.pause, undefined, { signal });
    }
}

/** Return whether each attempt succeeds for some milliseconds, with one at their end. */
async function stays(
    probing: Probing,
    attempt: Attempt,
    signal: AbortSignal,
    onSeen: (what: string) => void,
    milliseconds: number,
): Promise<boolean> {
    if (milliseconds <= 0) return true;
    const pause = Math.max(STEADY_MS, probing.reach.pause.most);
    const begin = Date.now();
    const seconds = (): string => `${((Date.now() - begin) / 1000).toFixed(1)} s`;
    for (let left = milliseconds; left > 0; left = begin + milliseconds - Date.now()) {
        onSeen(`no failure for ${seconds()}`);
        await sleep(Math.min(left, pause), undefined, { signal });
        const why = await tryOnce(probing, attempt, signal, attempt.takes + STEADY_LIMIT_MS);
        signal.throwIfAborted();
        if (why === undefined) continue;
        onSeen(`${why}, after ${seconds()} without a failure`);
        return false;
    }
    return true;
}

/**
 * Try all addresses at the same time.
 * @returns undefined as soon as one of them answers, else the failure of each, with its address
 * @throws UnikernelError as `probe` does
 */
async function tryOnce(
    { find, reach }: Probing,
    attempt: Attempt,
    signal: AbortSignal,
    patience: number,
): Promise<string | undefined> {
    const routes = await find().catch(messageOf);
    if (typeof routes === "string") return routes;
    if (routes.length === 0) return "the guest has no address yet";
    const limit = (milliseconds: number) => AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
    const limited = limit(patience);
    const failures = routes.map(async (route) => {
        const connect: Connect = async () => {
            if (reach.opening === undefined) return { socket: await reach.open(route, limited), signal: limited };
            return { socket: await reach.open(route, limit(reach.opening)), signal: limit(patience) };
        };
        try {
            const why = await attempt.run(route, connect);
            return why === undefined ? undefined : `${endpointOf(route)}: ${why}`;
        } catch (error) {
            if (hasCode(error, "not-ready", "invalid")) throw error;
            return `${endpointOf(route)}: ${messageOf(error)}`;
        }
    });
    return await new Promise((resolve, reject) => {
        for (const failure of failures) failure.then((why) => why === undefined && resolve(undefined), reject);
        Promise.all(failures).then((all) => {
            resolve(all.join("; "));
        }, reject);
    });
}

/** Return the address of a route, and its port where the hypervisor listens instead of the guest. */
function endpointOf({ address, port, forwarded }: Route): string {
    if (!forwarded) return address;
    return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
