import { connect } from "node:net";

import { UnikernelError } from "../../model";
import { isRefusal, messageLength } from "./wire";
import type { Xenstore } from "./xenstore";

/** The daemon's socket: XEN_RUN_STORED (tools/configure). */
const PATH = "/run/xenstored/socket";
const TIMEOUT_MS = 10_000;

/** Return the client of this machine's xenstore daemon. */
export function localXenstore(path: string = PATH, timeout: number = TIMEOUT_MS): Xenstore {
    return (messages) =>
        new Promise((resolve, reject) => {
            const replies: Buffer[] = [];
            let heard: Buffer = Buffer.alloc(0);
            const socket = connect(path);
            const fail = (error: Error): void => {
                socket.destroy();
                reject(refused(error, path));
            };
            const end = (): void => {
                socket.destroy();
                resolve(replies);
            };
            const next = (): void => {
                const message = messages[replies.length];
                if (message) socket.write(message);
                else end();
            };
            socket.setTimeout(timeout, () => fail(new Error(`no answer within ${timeout / 1000} s`)));
            socket.on("connect", next);
            socket.on("error", fail);
            socket.on("close", () => fail(new Error("the daemon hung up")));
            const hear = (bytes: Buffer): void => {
                heard = Buffer.concat([heard, bytes]);
                const length = messageLength(heard);
                if (length === undefined) return;
                const reply = heard.subarray(0, length);
                heard = heard.subarray(length);
                replies.push(reply);
                if (isRefusal(reply)) end();
                else next();
            };
            socket.on("data", (bytes: Buffer) => {
                try {
                    hear(bytes);
                } catch (error) {
                    fail(error as Error);
                }
            });
        });
}

function refused(error: Error, path: string): UnikernelError {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EACCES")
        return new UnikernelError("permission", `xenstore: ${message}`, {
            hint: "run pulumi as root: only root may write a guest's configuration to xenstore",
            cause: error,
        });
    if (code === "ENOENT" || code === "ECONNREFUSED")
        return new UnikernelError("program-missing", `xenstore: no daemon listens at ${path}`, {
            hint: "start Xen's daemons: systemctl start xen, or service xen start",
            cause: error,
        });
    return new UnikernelError("program-failed", `xenstore: ${message}`, { cause: error });
}
