import { fork } from "node:child_process";
import type { DomainEvent } from "../host";
import { toError } from "./errors";
import { childPath } from "./forkPath";
import type { Failure } from "./protocol";

/** What the listening process tells. */
export type Heard = { ready: true } | DomainEvent | { failure: Failure };

/**
 * Listen to the domains of a host until the signal.
 * @param onReady called when every later event is heard
 * @throws UnikernelError where the host cannot be reached, or is lost
 */
export function listen(
    uri: string,
    listener: { ready(): void; event(event: DomainEvent): void },
    signal: AbortSignal,
): Promise<void> {
    const what = "events of domains";
    return new Promise((resolve, reject) => {
        const child = fork(childPath("eventsChild"), [uri], {
            env: { ...process.env, LC_ALL: "C" },
            execArgv: ["--max-semi-space-size=2"],
            serialization: "advanced",
            stdio: ["ignore", "ignore", "ignore", "ipc"],
        });
        const end = (): void => {
            child.kill("SIGKILL");
        };
        child.on("message", (heard: Heard) => {
            if ("failure" in heard) reject(toError(heard.failure, what, uri));
            else if ("ready" in heard) listener.ready();
            else listener.event(heard);
        });
        child.on("error", reject);
        child.on("exit", (code, by) => {
            signal.removeEventListener("abort", end);
            if (signal.aborted) resolve();
            else
                reject(
                    toError({ kind: "internal", message: `the process that listens ended (${by ?? code})` }, what, uri),
                );
        });
        if (signal.aborted) end();
        else signal.addEventListener("abort", end, { once: true });
    });
}
