import { get } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { FindRoute, Route } from "./routes";

/** One try; resolves with undefined when the guest is up, else with what was seen instead. */
export type Attempt = (route: Route, signal: AbortSignal) => Promise<string | undefined>;

const ATTEMPT_MS = 3000;
const MAX_IN_FLIGHT = 6;
const FIRST_PAUSE_MS = 20;
const LAST_PAUSE_MS = 250;

/**
 * Tries until one attempt succeeds; ends with the signal. A new attempt does not wait for the last one:
 * a connection made before the guest had its address may be answered seconds later than a fresh one.
 */
export async function probe(find: FindRoute, attempt: Attempt, signal: AbortSignal, onFailure: (why: string) => void): Promise<void> {
    const stop = new AbortController();
    const all = AbortSignal.any([signal, stop.signal]);
    let inFlight = 0;
    let done = false;
    try {
        for (let pause = FIRST_PAUSE_MS; !done; pause = Math.min(pause * 1.25, LAST_PAUSE_MS)) {
            signal.throwIfAborted();
            if (inFlight < MAX_IN_FLIGHT) {
                inFlight++;
                void tryOnce(find, attempt, all).then((why) => {
                    inFlight--;
                    if (why === undefined) { done = true; stop.abort(); } else if (!done) onFailure(why);
                });
            }
            await sleep(pause, undefined, { signal: all }).catch(() => undefined);
        }
    } finally {
        stop.abort();
    }
}

async function tryOnce(find: FindRoute, attempt: Attempt, signal: AbortSignal): Promise<string | undefined> {
    try {
        const route = await find();
        if (!route) return "the guest has no address yet";
        return await attempt(route, AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_MS)]));
    } catch (error) {
        return error instanceof Error ? error.message : String(error);
    }
}

/** Any answer from 200 to 399. */
export function httpAttempt(path: string): Attempt {
    return ({ address, port }, signal) => new Promise((resolve) => {
        const request = get({ host: address, port, path, agent: false, signal, headers: { connection: "close" } }, (response) => {
            response.resume();
            const { statusCode = 0 } = response;
            resolve(statusCode >= 200 && statusCode < 400 ? undefined : `HTTP ${statusCode}`);
        });
        request.on("error", (error) => resolve(signal.aborted ? "no answer" : error.message));
    });
}

/** A connection to a forwarded port that is refused by the guest closes at once; wait this long for that. */
const SETTLE_MS = 250;

/**
 * A connection that the guest takes. Behind a forward the hypervisor has taken it already: there the guest
 * counts as up when it sends something, or when it answers the end of our side, while a refusal comes unasked.
 */
export const tcpAttempt: Attempt = async (route, signal) => {
    if (!route.forwarded) return tcpOnce(route, signal);
    const why = await tcpOnce(route, signal);
    // The first may have hung until the guest had an address, and was refused only then.
    return why ?? tcpOnce(route, signal);
};

function tcpOnce({ address, port, forwarded }: Route, signal: AbortSignal): Promise<string | undefined> {
    return new Promise((resolve) => {
        let asked = false;
        const socket = connect({ host: address, port, signal, allowHalfOpen: true });
        const end = (why?: string) => { resolve(why); socket.destroy(); };
        socket.on("error", (error) => end(signal.aborted ? "no answer" : error.message));
        socket.on("connect", () => {
            if (!forwarded) return end();
            setTimeout(() => { asked = true; socket.end(); }, SETTLE_MS).unref();
        });
        socket.on("data", () => end());
        socket.on("end", () => end(asked ? undefined : "connection refused by the guest"));
        socket.on("close", () => end("connection closed"));
    });
}
