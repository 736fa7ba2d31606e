import { connect } from "node:net";
import type { Duplex } from "node:stream";

import type { HostChannels } from "../../host";
import type { Route } from "./routes";

/** How connections to a guest are made. Times are in milliseconds. */
export interface Reach {
    /** Resolve when the other side has accepted. @throws an Error with the failure */
    open(route: Route, signal: AbortSignal): Promise<Duplex>;
    /** The time that a connection may take, beside that of the answer. Left out: both have one limit. */
    opening?: number;
    /** Number of attempts at a time. */
    inFlight: number;
    pause: { least: number; most: number };
}

const NO_ANSWER = "no answer";

/** Connections from this machine. */
export const fromHere: Reach = {
    open: ({ address, port }, signal) =>
        new Promise((resolve, reject) => {
            const socket = connect({ host: address, port, signal, allowHalfOpen: true });
            socket.on("error", (error) => {
                reject(signal.aborted ? new Error(NO_ANSWER) : error);
            });
            socket.once("connect", () => {
                resolve(socket);
            });
        }),
    inFlight: 12,
    pause: { least: 20, most: 250 },
};

/**
 * Connections from the host, of which each is a process here. One that waits is not given up soon: its host would go on with it,
 * and sshd has a limited number.
 */
export function fromHost(channels: HostChannels): Reach {
    return {
        open: async ({ address, port }, signal) => {
            try {
                return await channels.open(address, port, signal);
            } catch (error) {
                throw signal.aborted ? new Error(NO_ANSWER) : error;
            }
        },
        opening: 10_000,
        inFlight: 3,
        pause: { least: 150, most: 1000 },
    };
}
