import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Relay {
    port: number;
    close(): Promise<void>;
}

/**
 * Pass connections on to a port of 127.0.0.1 as over a long line: each direction is half of the given milliseconds late, so
 * that each question waits that much longer for its answer, and a new connection too. As many bytes as there are may be on the way.
 */
export async function startRelay(to: number, milliseconds: number): Promise<Relay> {
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (near) => {
        sockets.add(near);
        near.on("error", () => near.destroy());
        near.on("close", () => sockets.delete(near));
        setTimeout(() => {
            const far = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
            pass(near, far, milliseconds / 2);
            pass(far, near, milliseconds / 2);
            near.resume();
        }, milliseconds);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return {
        port: (server.address() as AddressInfo).port,
        close: async () => {
            for (const socket of sockets) socket.destroy();
            server.close();
            await once(server, "close");
        },
    };
}

/** Timers of one length end in the order in which they began, so the bytes keep their order. */
function pass(from: Socket, to: Socket, late: number): void {
    from.on("data", (bytes) => setTimeout(() => to.write(bytes), late));
    from.on("end", () => setTimeout(() => to.end(), late));
    from.on("error", () => to.destroy());
    from.on("close", () => from.readableEnded || to.destroy());
}
