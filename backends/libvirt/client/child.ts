/**
 * Entry point of the child process, which loads libvirt. Its parent sends requests and gets replies; it ends with its
 * parent.
 */
import { CallFailed } from "./connection";
import { libvirt } from "./ffi";
import { Pool } from "./pool";
import type { Failure, GiveUp, Reply, Request } from "./protocol";

const pools = new Map<string, Pool>();

function reply(message: Reply): void {
    process.send?.(message);
}

/** Ids of the requests in progress. */
const open = new Set<number>();

async function handle({ id, uri, method, args, timeouts }: Request): Promise<void> {
    try {
        libvirt();
    } catch (error) {
        return reply({ id, failure: { kind: "library", message: (error as Error).message } });
    }
    let pool = pools.get(uri);
    if (!pool) pools.set(uri, (pool = new Pool(uri)));
    const wanted = (): void => {
        if (!open.has(id)) throw new CallFailed({ kind: "given-up" });
    };
    open.add(id);
    try {
        reply({
            id,
            result: await pool.run(method, args, timeouts, {
                assertWaiting: wanted,
                reportProgress: (progress) => reply({ id, progress }),
            }),
        });
    } catch (error) {
        const failure = failureOf(error);
        reply({ id, failure, stuck: failure.kind === "timeout" });
    } finally {
        open.delete(id);
    }
}

function failureOf(error: unknown): Failure {
    if (error instanceof CallFailed) return error.failure;
    const { code, message, stack } = error as NodeJS.ErrnoException;
    return code ? { kind: "file", code, message } : { kind: "internal", message: stack ?? message };
}

process.on("message", (message: Request | GiveUp) => {
    if ("giveUp" in message) open.delete(message.giveUp);
    else void handle(message);
});
// Not process.exit: that waits for threads, and a thread may wait for a host that never answers.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
// Ctrl-C is sent to the whole process group of the terminal; only the parent reacts.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
