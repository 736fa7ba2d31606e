import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

import type { Done, Failure, Job, Reply } from "./job";

/** Milliseconds for one job; longer than any time-out inside it. */
const LIMIT = 240_000;

/** A job that failed with an error, as its worker reported it. */
export class JobFailed extends Error {
    override readonly name = "JobFailed";
    constructor(readonly failure: Failure) {
        super(failure.message);
    }
}

/** Runs one job at a time in a worker process, and starts a new worker as soon as one is killed. */
export class WorkerProcess {
    private child?: ChildProcess;

    constructor(
        private readonly cache: string,
        private readonly signal: AbortSignal,
    ) {
        // Start early: the worker loads while other work is done.
        this.start();
    }

    /** Run a job. @returns "killed" when the worker was killed by the job's fault */
    async run(job: Job): Promise<Done | "killed"> {
        this.signal.throwIfAborted();
        // An engine's run destroys guests of earlier runs. In the same process, a destroy would be the first half of a
        // replacement.
        if (job.operation === "destroy") await this.close();
        const child = this.child?.connected ? this.child : this.start();
        const reply = await this.answer(child, job);
        if (reply === "killed") this.start();
        else if ("failure" in reply) throw new JobFailed(reply.failure);
        else return reply.done;
        return "killed";
    }

    /** Kill the worker, whatever it does. */
    async close(): Promise<void> {
        const child = this.child;
        this.child = undefined;
        if (!child || child.exitCode !== null || child.signalCode !== null) return;
        await new Promise<void>((resolve) => {
            child.once("exit", () => {
                resolve();
            });
            child.kill("SIGKILL");
        });
    }

    private answer(child: ChildProcess, job: Job): Promise<Reply | "killed"> {
        return new Promise((resolve, reject) => {
            let lastWords = "";
            let late = false;
            const timer = setTimeout(() => {
                late = true;
                child.kill("SIGKILL");
            }, LIMIT);
            const stop = (): void => {
                child.kill("SIGKILL");
            };
            const hear = (data: Buffer): void => {
                lastWords = (lastWords + data.toString()).slice(-2000);
            };
            const settle = (): void => {
                clearTimeout(timer);
                this.signal.removeEventListener("abort", stop);
                child.stderr?.off("data", hear);
                child.off("message", answered).off("exit", ended);
            };
            const answered = (reply: Reply): void => {
                settle();
                resolve(reply);
            };
            const ended = (_code: number | null, signal: string | null): void => {
                settle();
                if (this.signal.aborted) reject(this.signal.reason as Error);
                else if (late) reject(new Error(`no answer within ${LIMIT / 1000} s`));
                else if (signal === "SIGKILL" && "fault" in job && job.fault) resolve("killed");
                else reject(new Error(`the worker ended by itself (${signal ?? _code}): ${lastWords.trim()}`));
            };
            child.once("message", answered).once("exit", ended);
            child.stderr?.on("data", hear);
            this.signal.addEventListener("abort", stop, { once: true });
            child.send(job);
        });
    }

    private start(): ChildProcess {
        // In its own process group: Ctrl-C at the terminal is for the parent, which cleans up.
        const child = fork(join(__dirname, "worker.js"), [], {
            detached: true,
            stdio: ["ignore", "ignore", "pipe", "ipc"],
            env: { ...process.env, XDG_CACHE_HOME: this.cache },
        });
        // If a message cannot be sent, the worker's exit reports it too.
        child.on("error", () => undefined);
        return (this.child = child);
    }
}
