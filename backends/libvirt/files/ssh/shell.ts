import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";

import { encodeCall, encodeDefinition } from "./shellProtocol";

export interface Answer {
    code: number;
    out: Buffer;
    err: string;
}

interface Pending {
    nonce: string;
    resolve(answer: Answer | undefined): void;
    /** Its part of standard output, once complete. */
    said?: { code: number; out: Buffer };
}

interface Process {
    stdin: NodeJS.WritableStream;
    stdout: NodeJS.ReadableStream;
    stderr: NodeJS.ReadableStream;
    ref(): void;
    unref(): void;
}

/** Runs scripts by SERVE, one after the other: each is sent at once, and answered in order. */
export class Shell {
    private readonly queue: Pending[] = [];
    private out = Buffer.alloc(0);
    private err = "";
    private timer?: NodeJS.Timeout;
    /** Names of the scripts that are defined on the remote side, by their text. */
    private readonly names = new Map<string, string>();

    /**
     * @param ssh runs SERVE and has printed its first line
     * @param idle time limit of one script in milliseconds
     * @param onStuck called when one takes longer: its late output would be mistaken for the next answer
     */
    constructor(
        private readonly ssh: Process,
        private readonly idle: number,
        private readonly onStuck: () => void,
    ) {
        ssh.stdout.on("data", (bytes: Buffer) => {
            this.out = Buffer.concat([this.out, bytes]);
            this.settle();
        });
        ssh.stderr.on("data", (bytes: Buffer) => {
            this.err += bytes.toString("utf8");
            this.settle();
        });
        this.hold(false);
    }

    /** Run a script; return undefined when the connection ended before the answer. */
    run(script: string, words: string[], data: Uint8Array): Promise<Answer | undefined> {
        return new Promise((resolve) => {
            const nonce = randomBytes(16).toString("hex");
            this.queue.push({ nonce, resolve });
            if (this.queue.length === 1) this.watch();
            this.hold(true);
            this.ssh.stdin.write(encodeCall(nonce, this.nameOf(script), words, data));
        });
    }

    private nameOf(script: string): string {
        const known = this.names.get(script);
        if (known !== undefined) return known;
        const name = `script${this.names.size}`;
        this.names.set(script, name);
        this.ssh.stdin.write(encodeDefinition(name, script));
        return name;
    }

    /** Fail all pending scripts because the connection is gone. Return its last output on standard error. */
    end(): string {
        clearTimeout(this.timer);
        for (const { resolve } of this.queue.splice(0)) resolve(undefined);
        return this.err;
    }

    private settle(): void {
        for (let first = this.queue[0]; first; first = this.queue[0]) {
            first.said ??= this.takeOut(first.nonce);
            const mark = `\n${first.nonce}\n`;
            const at = this.err.indexOf(mark);
            if (!first.said || at < 0) return;
            this.queue.shift();
            this.watch();
            if (this.queue.length === 0) this.hold(false);
            first.resolve({ ...first.said, err: this.err.slice(0, at) });
            this.err = this.err.slice(at + mark.length);
        }
    }

    private takeOut(nonce: string): { code: number; out: Buffer } | undefined {
        const at = this.out.indexOf(`\n${nonce} `);
        const end = at < 0 ? -1 : this.out.indexOf("\n", at + 1);
        if (end < 0) return undefined;
        const code = Number(this.out.toString("latin1", at + nonce.length + 2, end));
        const out = this.out.subarray(0, at);
        this.out = this.out.subarray(end + 1);
        return { code, out };
    }

    private watch(): void {
        clearTimeout(this.timer);
        if (this.queue.length > 0) this.timer = setTimeout(this.onStuck, this.idle);
    }

    /** Keep this process alive only while a script is pending. */
    private hold(on: boolean): void {
        for (const one of [this.ssh, this.ssh.stdout as Socket, this.ssh.stderr as Socket]) {
            if (on) one.ref();
            else one.unref();
        }
    }
}
