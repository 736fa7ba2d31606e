import { existsSync } from "node:fs";
import { join } from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type { Written } from "./fileWriter";
import { follow } from "./follow";

type Message = { bytes: number } | { written: Written };

/**
 * Do the work of `follow` in a thread of its own, so that this one is free for other resources. Throws the writer's
 * error as soon as it fails. The thread has ended when this returns, so that the caller can close the file.
 */
export async function followInThread(
    fd: number,
    writing: Promise<unknown>,
    onProgress: (bytes: number) => void,
): Promise<Written> {
    const worker = new Worker(threadPath(), { workerData: { fd } });
    try {
        const written = new Promise<Written>((resolve, reject) => {
            worker.on("message", (message: Message) => {
                if ("written" in message) return resolve(message.written);
                try {
                    onProgress(message.bytes);
                } catch (error) {
                    reject(error);
                }
            });
            worker.once("error", reject);
            worker.once("exit", (code) => reject(new Error(`the thread that hashes ended (exit code ${code})`)));
        });
        const ended = writing.then(() => worker.postMessage("ended"));
        const [result] = await Promise.all([written, ended]);
        return result;
    } finally {
        await worker.terminate();
    }
}

/** Return this module, compiled: beside the others, or in dist/ where tests run the sources. */
function threadPath(): string {
    const beside = join(__dirname, "hashThread.js");
    return existsSync(beside) ? beside : join(__dirname, "..", "dist", "localFiles", "hashThread.js");
}

if (!isMainThread && parentPort && typeof (workerData as { fd?: unknown } | null)?.fd === "number") {
    const port = parentPort;
    const end = new Promise<void>((resolve) => port.once("message", () => resolve()));
    const say = (message: Message) => port.postMessage(message);
    void follow((workerData as { fd: number }).fd, end, (bytes) => say({ bytes })).then((written) => say({ written }));
}
