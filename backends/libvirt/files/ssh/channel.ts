import { Duplex } from "node:stream";

import { startSsh } from "./process";

/** The host opened no channel. Its sshd gives the reason to the log of the shared connection alone. */
export class ChannelRefused extends Error {}

/** Logged at DEBUG1 when the other side has accepted: mux_client_request_stdio_fwd in mux.c, since OpenSSH 5.4. */
const ACCEPTED = "master session id";
/** "Stdio forwarding request failed: Session open refused by peer" (the same function). */
const REFUSED = /request failed: .*refused/i;

interface Watch {
    /** Gives the attempt up until it is accepted; then its user destroys it. */
    signal: AbortSignal;
    host: string;
    /** Called when its process has ended. */
    onEnd(): void;
}

/**
 * Start a channel, and resolve when the other side has accepted. ssh says so in its log alone; data from there say it too.
 * @throws ChannelRefused, the signal's reason, or an Error when the connection is lost
 */
export async function startChannel(program: string, args: string[], { signal, host, onEnd }: Watch): Promise<Duplex> {
    const { child } = await startSsh(program, args);
    const socket = Duplex.from({ readable: child.stdout, writable: child.stdin });
    // Its end is an error of a stream that is half read; whoever reads it sees its end.
    socket.on("error", () => undefined);
    const kill = (): void => {
        child.kill("SIGKILL");
        // ssh passed its ends of the pipes to the shared connection's process, which may keep them open.
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    };
    socket.once("close", kill);
    return new Promise((resolve, reject) => {
        const giveUp = (): void => {
            reject(signal.reason as Error);
            kill();
        };
        const accept = (): void => {
            signal.removeEventListener("abort", giveUp);
            resolve(socket);
        };
        let said = "";
        child.stderr.on("data", (bytes: Buffer) => {
            said = (said + bytes.toString("utf8")).slice(-4000);
            if (said.includes(ACCEPTED)) accept();
        });
        child.stdout.once("readable", () => {
            if (child.stdout.readableLength > 0) accept();
        });
        signal.addEventListener("abort", giveUp, { once: true });
        if (signal.aborted) giveUp();
        void child.then(() => {
            onEnd();
            signal.removeEventListener("abort", giveUp);
            reject(
                REFUSED.test(said)
                    ? new ChannelRefused(`${host} gets no connection to it`)
                    : new Error(`the connection to ${host} was lost`),
            );
        });
    });
}
