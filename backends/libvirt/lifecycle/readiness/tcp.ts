import type { Duplex } from "node:stream";

import type { Attempt, Connect } from "./probe";
import type { Route } from "./routes";

/** Time to wait for a refusal: a connection to a forwarded port that the guest refuses closes at once. Milliseconds. */
const SETTLE_MS = 250;

/**
 * An attempt that succeeds when the guest accepts a connection. A forward accepts every connection itself: there the
 * guest counts as up when it sends data, or when it closes only after our side has; a refusal comes before that.
 */
export const tcpAttempt: Attempt = {
    takes: 2 * SETTLE_MS,
    // Twice behind a forward: the first may have waited until the guest had an address, only to be refused then.
    run: async (route, connect) =>
        (await tcpOnce(route, connect)) ?? (route.forwarded ? tcpOnce(route, connect) : undefined),
};

async function tcpOnce({ forwarded }: Route, connect: Connect): Promise<string | undefined> {
    const { socket, signal } = await connect();
    try {
        return forwarded ? await refusal(socket, signal) : undefined;
    } finally {
        socket.destroy();
    }
}

function refusal(socket: Duplex, signal: AbortSignal): Promise<string | undefined> {
    return new Promise((resolve) => {
        let asked = false;
        const settled = setTimeout(() => {
            asked = true;
            socket.end();
        }, SETTLE_MS);
        const end = (why?: string): void => {
            clearTimeout(settled);
            resolve(why);
        };
        const late = (): void => {
            end("no answer");
        };
        signal.addEventListener("abort", late, { once: true });
        if (signal.aborted) late();
        socket.on("error", (error) => {
            end(signal.aborted ? "no answer" : error.message);
        });
        socket.on("data", () => {
            end();
        });
        socket.on("end", () => {
            end(asked ? undefined : "connection refused by the guest");
        });
        socket.on("close", () => {
            end("connection closed");
        });
    });
}
