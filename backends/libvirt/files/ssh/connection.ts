import { setTimeout as delay } from "node:timers/promises";

import { abortable, detached, hasCode, KeyedQueue, throwIfAborted, UnikernelError } from "../../../../model";
import { defaultTimeouts, type Login, Semaphore, type Timeouts } from "../../client";
import { failedThere, programMissing, unreachable } from "./errors";
import { type HostFacts, Master } from "./master";
import { type Ended, exchange } from "./process";
import { encodeProgram } from "./shellProtocol";
import { Together } from "./together";

/** Milliseconds before each retry after a connection was lost. A transfer is worth waiting longer than a question. */
const PAUSES = { ask: [300, 1000], send: [300, 1000, 3000, 6000] };

/** Milliseconds to wait for a running script when its caller has to end. */
const PATIENCE_MS = 2000;

export interface Ask {
    /** The operation, for errors: `write of /var/lib/…/kernel`. */
    what: string;
    script: string;
    words: string[];
    /** For the script's standard input, at most INLINE bytes. */
    data?: Uint8Array;
    /** The script is idempotent and can be repeated. @default true */
    repeat?: boolean;
    /** Called before a repetition: the first attempt may have succeeded on the remote side. */
    onAgain?(): void;
    /** Exit codes other than 0 that are answers. */
    codes?: number[];
    /** It may take long, so it gets a separate session, and no other script waits for it. @default false */
    long?: boolean;
    /** A transfer, also in a separate session: return the data for the script's first line. */
    answer?(line: string): { bytes: AsyncIterable<Buffer>; size: number } | undefined;
}

/** Runs scripts on one host over one connection, which is opened when first needed, and again after it was lost. */
export class SshConnection {
    private master?: Promise<Master>;
    /** sshd allows 10 sessions per connection (sshd_config(5): MaxSessions), including the connection's own. */
    private readonly sessions = new Semaphore(6);
    private readonly timeouts: Timeouts;
    /** Copies in progress, by path in the store. */
    readonly copying = new Map<string, Promise<unknown>>();
    /** Inode of each file in the store whose content was compared with its digest, by path. */
    readonly verified = new Map<string, string>();
    readonly verifying = new KeyedQueue();
    /** Questions about many guests, each batch by one script. */
    readonly together = new Together(
        (ask) => this.ask(ask),
        () => this.facts(),
    );

    /** @param base the folder of all guests; "": below the remote user's data home (XDG Base Directory) */
    constructor(
        readonly login: Login,
        readonly base: string,
        timeouts: Partial<Timeouts> = {},
    ) {
        this.timeouts = { ...defaultTimeouts, ...timeouts };
    }

    /** Return the facts of the host, which are read once per connection. */
    async facts(): Promise<HostFacts> {
        return (await this.open()).facts;
    }

    /** Return ssh's arguments for a channel on this connection. @param to `address:port`, as the host sees it */
    async channel(to: string): Promise<string[]> {
        return (await this.open()).channel(to);
    }

    /**
     * @throws UnikernelError `unreachable`, `timeout`, `no-space`, `permission`, `program-missing`, `program-failed`,
     * `invalid`
     */
    async ask(ask: Ask): Promise<{ code: number; out: Buffer }> {
        let connected = false;
        for (let tries = 0; ; tries++) {
            throwIfAborted();
            try {
                const master = await this.open();
                connected = true;
                const ended = ask.long || ask.answer ? await this.apart(master, ask) : await this.inTurn(master, ask);
                return this.resultOf(ask, ended, master.facts.base);
            } catch (error) {
                const pause = PAUSES[ask.answer ? "send" : "ask"][tries];
                if (!connected || pause === undefined || ask.repeat === false || !hasCode(error, "unreachable"))
                    throw error;
                await abortable(delay(pause));
                ask.onAgain?.();
            }
        }
    }

    async close(): Promise<void> {
        const master = await this.master?.catch(() => undefined);
        this.master = undefined;
        await master?.close();
    }

    private async inTurn(master: Master, { what, script, words, data = new Uint8Array() }: Ask): Promise<Ended> {
        const answer = await abortable(master.run(script, words, data), {
            what: `${what} on ${this.login.host}`,
            patience: PATIENCE_MS,
        });
        return answer
            ? { ...answer, timedOut: false, missing: false }
            : { err: master.lastWords, timedOut: master.stuck, missing: false };
    }

    private async apart(master: Master, { script, words, answer }: Ask): Promise<Ended> {
        await this.sessions.acquire();
        try {
            throwIfAborted();
            const ended = await exchange(this.login.program, master.session(), {
                head: encodeProgram(script, words),
                idle: this.timeouts.call,
                answer,
            });
            // ssh would wait for the hanging script longer than this process lives.
            if (ended.timedOut) master.abandon();
            return ended;
        } finally {
            this.sessions.release();
        }
    }

    private resultOf(
        { what, codes = [] }: Ask,
        { code, out, err, timedOut, missing }: Ended,
        base: string,
    ): { code: number; out: Buffer } {
        if (missing) throw programMissing(this.login, what);
        if (timedOut) {
            throw new UnikernelError(
                "timeout",
                `${what} on ${this.login.host}: no progress for ${this.timeouts.call / 1000} s; the host may still carry it out`,
                {
                    hint: "check whether that machine hangs, then run the command again",
                },
            );
        }
        // 255 is an error of ssh itself (ssh(1), EXIT STATUS).
        if (code === undefined || code === 255) throw unreachable(this.login, err, what);
        if ((code === 0 || codes.includes(code)) && out) return { code, out };
        throw failedThere(this.login, err, code, what, base);
    }

    private open(): Promise<Master> {
        if (this.master) return abortable(this.master);
        const forget = (): void => {
            if (this.master === opening) this.master = undefined;
        };
        const opening = detached(() =>
            Master.open(this.login, this.base, {
                connect: this.timeouts.connect,
                call: this.timeouts.call,
                onEnd: forget,
            }),
        );
        opening.catch(forget);
        return abortable((this.master = opening));
    }
}
