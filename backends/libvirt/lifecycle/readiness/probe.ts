import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

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

/** Where a guest may be reached, and by which connections. */
export interface Probing {
    find: FindRoutes;
    reach: Reach;
}

const within = (least: number, value: number, most: number): number => Math.min(Math.max(value, least), most);

/**
 * Try all addresses until one attempt succeeds or the signal aborts. A new attempt does not wait for the last one, and
 * most have a short limit: a forward accepts a connection before the guest has its address, and then retries only after
 * seconds, while a new connection is answered at once. Pauses grow with the elapsed time, so that they add only a few
 * percent to it.
 */
export async function probe(
    { find, reach }: Probing,
    attempt: Attempt,
    signal: AbortSignal,
    onFailure: (why: string) => void,
): Promise<void> {
    const stop = new AbortController();
    const all = AbortSignal.any([signal, stop.signal]);
    const begin = Date.now();
    let inFlight = 0;
    let done = false;
    try {
        for (let count = 1; !done; count++) {
            signal.throwIfAborted();
            const passed = Date.now() - begin;
            if (inFlight < reach.inFlight) {
                inFlight++;
                const patience =
                    count % PATIENT_EACH === 0 ? PATIENT_MS : attempt.takes + within(300, Math.round(passed / 2), 1000);
                void tryOnce({ find, reach }, attempt, all, patience).then((why) => {
                    inFlight--;
                    if (why === undefined) {
                        done = true;
                        stop.abort();
                    } else if (!all.aborted) onFailure(why);
                });
            }
            await sleep(within(reach.pause.least, passed / 20, reach.pause.most), undefined, { signal: all }).catch(
                () => undefined,
            );
        }
    } finally {
        stop.abort();
    }
}

/**
 * Try all addresses at the same time.
 * @returns undefined as soon as one of them answers, else the failure of each, with its address
 */
async function tryOnce(
    { find, reach }: Probing,
    attempt: Attempt,
    signal: AbortSignal,
    patience: number,
): Promise<string | undefined> {
    try {
        const routes = await find();
        if (routes.length === 0) return "the guest has no address yet";
        const limit = (milliseconds: number) => AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]);
        const limited = limit(patience);
        const failures = routes.map(async (route) => {
            const connect: Connect = async () => {
                if (reach.opening === undefined) return { socket: await reach.open(route, limited), signal: limited };
                return { socket: await reach.open(route, limit(reach.opening)), signal: limit(patience) };
            };
            const why = await attempt.run(route, connect).catch(messageOf);
            return why === undefined ? undefined : `${endpointOf(route)}: ${why}`;
        });
        return await new Promise((resolve) => {
            for (const failure of failures) void failure.then((why) => why === undefined && resolve(undefined));
            void Promise.all(failures).then((all) => resolve(all.join("; ")));
        });
    } catch (error) {
        return messageOf(error);
    }
}

/** Return the address of a route, and its port where the hypervisor listens instead of the guest. */
function endpointOf({ address, port, forwarded }: Route): string {
    if (!forwarded) return address;
    return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

function messageOf(error: unknown): string {
    return (error as Partial<Error> | undefined)?.message ?? String(error);
}
