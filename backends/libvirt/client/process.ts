import { type ChildProcess, fork } from "node:child_process";

import { abortable, throwIfAborted, UnikernelError } from "../../../model";
import { toError } from "./errors";
import { childPath } from "./forkPath";
import {
    type GiveUp,
    isQuestion,
    type MethodArgs,
    type MethodName,
    type MethodResult,
    type Progress,
    type Reply,
    type Request,
    type Timeouts,
} from "./protocol";
import { noteSilence, silenceOf } from "./silence";

/** Generous: a daemon that has to probe QEMU again needs half a minute for one answer. */
export const defaultTimeouts: Timeouts = { connect: 30_000, call: 90_000, power: 180_000 };

/**
 * Milliseconds to wait for a change in progress when its caller has to end: a change that has completed can be undone,
 * one that may still happen cannot.
 */
const PATIENCE_MS = 2000;

interface Pending {
    resolve(result: unknown): void;
    reject(error: Error): void;
    progress?(made: Progress): void;
    what: string;
    uri: string;
    /** No caller waits for it. */
    unawaited: boolean;
}

/** One child process and its pending requests. */
class LibvirtProcess {
    /** One of its threads hangs: it gets no new requests, and ends after its last one. */
    retired = false;
    /** A caller waits for its end. */
    private ending = false;
    private readonly child: ChildProcess;
    private readonly pending = new Map<number, Pending>();
    private nextId = 1;
    private lastWords = "";

    constructor() {
        this.child = fork(childPath("child"), [], {
            // koffi's asynchronous calls and the child's file work share these threads.
            // libvirt translates its errors, and some of them can be distinguished only by their text.
            env: { ...process.env, UV_THREADPOOL_SIZE: "64", LC_ALL: "C" },
            execArgv: ["--max-semi-space-size=2"],
            serialization: "advanced",
            // libvirt prints every error to stderr; its last lines are needed only if the process dies.
            stdio: ["ignore", "ignore", "pipe", "ipc"],
        });
        this.child.stderr
            ?.setEncoding("utf8")
            .on("data", (text: string) => (this.lastWords = (this.lastWords + text).slice(-2000)));
        (this.child.stderr as unknown as { unref(): void } | null)?.unref();
        this.child.on("message", (reply: Reply) => this.receive(reply));
        this.child.on("error", (error) => this.ended(error.message));
        this.child.on("exit", (code, signal) => this.ended(signal ? `signal ${signal}` : `exit code ${code}`));
        this.hold();
    }

    get usable(): boolean {
        return !this.retired && this.child.connected;
    }

    request(
        request: Omit<Request, "id">,
        what: string,
        progress?: (made: Progress) => void,
        unawaited = false,
    ): Promise<unknown> {
        const id = this.nextId++;
        const answer = new Promise((resolve, reject) => {
            this.pending.set(id, { resolve, reject, progress, what, uri: request.uri, unawaited });
            this.hold();
            this.child.send({ id, ...request } satisfies Request, (error) => error && this.ended(error.message));
        });
        return abortable(answer, {
            what: `${what} on ${request.uri}`,
            patience: isQuestion(request.method) ? 0 : PATIENCE_MS,
            onEnd: () => {
                if (this.child.connected) this.child.send({ giveUp: id } satisfies GiveUp, () => undefined);
            },
        }).finally(() => {
            this.pending.delete(id);
            this.hold();
        });
    }

    end(): Promise<void> {
        if (this.child.exitCode !== null || this.child.signalCode !== null) return Promise.resolve();
        this.ending = true;
        return new Promise((resolve) => {
            this.child.ref();
            this.child.once("exit", () => resolve());
            this.child.kill("SIGKILL");
        });
    }

    private receive(reply: Reply): void {
        const pending = this.pending.get(reply.id);
        if (!pending) return;
        if ("progress" in reply) {
            pending.progress?.(reply.progress);
            return;
        }
        this.pending.delete(reply.id);
        noteSilence(pending.uri, "failure" in reply ? reply.failure : undefined);
        if ("failure" in reply) {
            if (reply.stuck) this.retired = true;
            pending.reject(toError(reply.failure, pending.what, pending.uri));
        } else {
            pending.resolve(reply.result);
        }
        if (this.retired && this.pending.size === 0) void this.end();
        this.hold();
    }

    /** Keep Node running while a caller waits for a request, or for its end, and no longer. */
    private hold(): void {
        const awaited = [...this.pending.values()].some((one) => !one.unawaited);
        const way = awaited || this.ending ? "ref" : "unref";
        this.child[way]();
        (this.child.channel as { ref(): void; unref(): void } | null | undefined)?.[way]();
    }

    private ended(how: string): void {
        const asked = [...this.pending.values()];
        this.pending.clear();
        for (const { reject, what, uri } of asked) {
            const summary = `the process that talks to libvirt ended (${how}) during ${what} on ${uri}`;
            reject(
                new UnikernelError("unreachable", summary, {
                    cause: this.lastWords ? new Error(this.lastWords.trim()) : undefined,
                }),
            );
        }
        this.hold();
    }
}

let current: LibvirtProcess | undefined;

/**
 * Run one method on a host, in the shared child process.
 * @param what the request, for errors: `start of domain 1b4e…`
 * @throws UnikernelError; libvirt's number and text are in its `cause` (libvirtError)
 */
export async function request<M extends MethodName>(
    uri: string,
    method: M,
    args: MethodArgs<M>,
    what: string,
    options: {
        timeouts?: Partial<Timeouts>;
        progress?(bytes: number): void;
        /** The numbers of several domains, before their records are read. */
        listed?(numbers: (number | null)[]): void;
    } = {},
): Promise<MethodResult<M>> {
    throwIfAborted();
    const timeouts = { ...defaultTimeouts, ...options.timeouts };
    const asking = silenceOf(uri, () =>
        usable().request({ uri, method: "connectionFacts", args: [], timeouts }, what, undefined, true),
    );
    const silence = asking && (await asking);
    if (silence) throw toError(silence, what, uri);
    return (await usable().request({ uri, method, args, timeouts }, what, (made) => {
        if (Array.isArray(made)) options.listed?.(made);
        else options.progress?.(made);
    })) as MethodResult<M>;
}

function usable(): LibvirtProcess {
    if (!current?.usable) current = new LibvirtProcess();
    return current;
}

/** End the child process. The next request starts another. */
export async function closeClient(): Promise<void> {
    const ending = current;
    current = undefined;
    await ending?.end();
}
