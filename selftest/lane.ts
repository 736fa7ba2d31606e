import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";

import type { Done, Failure, Job, Reply } from "./job";

/** Milliseconds for one job: more than any time-out inside of it. */
const LIMIT = 240_000;

/** A job that failed by an error, as its worker said. */
export class JobFailed extends Error {
    override readonly name = "JobFailed";
    constructor(readonly failure: Failure) {
        super(failure.message);
    }
}

/** A worker, and another one as soon as that is killed. One job at a time. */
export class Lane {
    private child?: ChildProcess;

    constructor(
        private readonly cache: string,
        private readonly signal: AbortSignal,
    ) {
        // While something else is done, it loads.
        this.start();
    }

    /** Returns what the worker did; "killed" when it was, as the job's fault says. */
    async run(job: Job): Promise<Done | "killed"> {
        this.signal.throwIfAborted();
        // A run of an engine destroys what another run made: within one run, this would be the first half of a replacement.
        if (job.operation === "destroy") await this.close();
        const child = this.child?.connected ? this.child : this.start();
        const reply = await this.answer(child, job);
        if (reply === "killed") this.start();
        else if ("failure" in reply) throw new JobFailed(reply.failure);
        else return reply.done;
        return "killed";
    }

    /** Ends the worker, whatever it does. */
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
        // A group of its own: a Ctrl-C at the terminal is for the parent, which puts things right.
        const child = fork(join(__dirname, "worker.js"), [], {
            detached: true,
            stdio: ["ignore", "ignore", "pipe", "ipc"],
            env: { ...process.env, XDG_CACHE_HOME: this.cache },
        });
        // A message that could not be sent: its end says so too.
        child.on("error", () => undefined);
        return (this.child = child);
    }
}
