import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { type Forward, KeyedQueue } from "../../model";

/** One probe at a time: two probes of one port would each see the other as a listening program. */
const queue = new KeyedQueue();

/**
 * Return whether a program on this machine listens on a port. The probe listens there for a moment, as QEMU would. A
 * port that cannot be probed (no permission, not an address of this machine) counts as free: the guest's host may be
 * another machine.
 */
export function isListenedOn(place: Pick<Forward, "address" | "protocol">, port: number): Promise<boolean> {
    return queue.run("", () => attempt(place, port));
}

function attempt({ address, protocol }: Pick<Forward, "address" | "protocol">, port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const failed = (error: NodeJS.ErrnoException): void => {
            resolve(error.code === "EADDRINUSE");
        };
        if (protocol === "udp") {
            const socket = createSocket("udp4");
            socket.once("error", failed).bind({ port, address, exclusive: true }, () => {
                socket.close(() => {
                    resolve(false);
                });
            });
        } else {
            const server = createServer();
            server.once("error", failed).listen({ port, host: address, exclusive: true }, () => {
                server.close(() => {
                    resolve(false);
                });
            });
        }
    });
}
