import { get } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { FindRoutes, Route } from "./routes";

export interface Attempt {
    /** Try one address once; resolve with undefined when the guest is up, else with the observed failure. */
    run(route: Route, signal: AbortSignal): Promise<string | undefined>;
    /** Milliseconds that it takes for a guest that answers at once. */
    takes: number;
}

const MAX_IN_FLIGHT = 12;
/** Time limit for a slow server, which one attempt in `PATIENT_EACH` gets. */
const PATIENT_MS = 10_000;
const PATIENT_EACH = 8;

const within = (least: number, value: number, most: number): number => Math.min(Math.max(value, least), most);

/**
 * Try all addresses until one attempt succeeds or the signal aborts. A new attempt does not wait for the last one, and
 * most have a short limit: a forward accepts a connection before the guest has its address, and then retries only after
 * seconds, while a new connection is answered at once. Pauses grow with the elapsed time, so that they add only a few
 * percent to it.
 */
export async function probe(
    find: FindRoutes,
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
            if (inFlight < MAX_IN_FLIGHT) {
                inFlight++;
                const patience =
                    count % PATIENT_EACH === 0 ? PATIENT_MS : attempt.takes + within(300, Math.round(passed / 2), 1000);
                void tryOnce(find, attempt, all, patience).then((why) => {
                    inFlight--;
                    if (why === undefined) {
                        done = true;
                        stop.abort();
                    } else if (!all.aborted) onFailure(why);
                });
            }
            await sleep(within(20, passed / 20, 250), undefined, { signal: all }).catch(() => undefined);
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
    find: FindRoutes,
    attempt: Attempt,
    signal: AbortSignal,
    patience: number,
): Promise<string | undefined> {
    try {
        const routes = await find();
        if (routes.length === 0) return "the guest has no address yet";
        const limited = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
        const failures = routes.map(async (route) => {
            const why = await attempt.run(route, limited).catch(messageOf);
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
    return error instanceof Error ? error.message : String(error);
}

/** Return an attempt that succeeds with any HTTP status from 200 to 399. */
export function httpAttempt(path: string): Attempt {
    const run: Attempt["run"] = ({ address, port }, signal) =>
        new Promise((resolve) => {
            const request = get(
                { host: address, port, path, agent: false, signal, headers: { connection: "close" } },
                (response) => {
                    response.resume();
                    const { statusCode = 0 } = response;
                    resolve(statusCode >= 200 && statusCode < 400 ? undefined : `HTTP ${statusCode}`);
                },
            );
            request.on("error", (error) => resolve(signal.aborted ? "no answer" : error.message));
        });
    return { run, takes: 0 };
}

/** Time to wait for a refusal: a connection to a forwarded port that the guest refuses closes at once. Milliseconds. */
const SETTLE_MS = 250;

/**
 * An attempt that succeeds when the guest accepts a connection. A forward accepts every connection itself: there the
 * guest counts as up when it sends data, or when it closes only after our side has; a refusal comes before that.
 */
export const tcpAttempt: Attempt = {
    takes: 2 * SETTLE_MS,
    // Twice behind a forward: the first may have waited until the guest had an address, only to be refused then.
    run: async (route, signal) =>
        (await tcpOnce(route, signal)) ?? (route.forwarded ? tcpOnce(route, signal) : undefined),
};

function tcpOnce({ address, port, forwarded }: Route, signal: AbortSignal): Promise<string | undefined> {
    return new Promise((resolve) => {
        let asked = false;
        const socket = connect({ host: address, port, signal, allowHalfOpen: true });
        const end = (why?: string) => {
            resolve(why);
            socket.destroy();
        };
        socket.on("error", (error) => end(signal.aborted ? "no answer" : error.message));
        socket.on("connect", () => {
            if (!forwarded) return end();
            setTimeout(() => {
                asked = true;
                socket.end();
            }, SETTLE_MS).unref();
        });
        socket.on("data", () => end());
        socket.on("end", () => end(asked ? undefined : "connection refused by the guest"));
        socket.on("close", () => end("connection closed"));
    });
}
