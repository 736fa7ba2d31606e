import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { currentSignal, throwIfAborted } from "../../../../model";
import { MARK } from "./shellProtocol";

export interface Exchange {
    /** The bytes to send first. */
    head: Buffer;
    /** Time without progress after which the process is killed. Milliseconds. */
    idle: number;
    /**
     * Return the data to send after the remote side's first line; undefined for none. Left out: only `head` is sent.
     */
    answer?(line: string): { bytes: AsyncIterable<Buffer>; size: number } | undefined;
}

export interface Ended {
    /** Undefined when a signal ended it. */
    code?: number;
    /** The script's output; undefined when it never began. */
    out?: Buffer;
    err: string;
    /** It was killed because it made no progress. */
    timedOut: boolean;
    /** The program does not exist. */
    missing: boolean;
}

/** Assumed speed of a slow disk in bytes per second, for the time limit of its sync and verification. */
const SLOW_DISK = 10 * 2 ** 20;

/** Start ssh. It runs in a new session, so that it cannot prompt on a terminal, and Ctrl-C does not kill it. */
export async function startSsh(program: string, args: string[]) {
    const { execa } = await import("execa");
    const child = execa(program, args, {
        stdin: "pipe",
        stdout: "pipe",
        stderr: "pipe",
        buffer: false,
        env: { LC_ALL: "C" },
        reject: false,
        detached: true,
    });
    child.stdin.on("error", () => undefined);
    // Wrapped in an object: the child is a promise itself, and an async function would wait for it.
    return { child };
}

/** Run one script on the remote side in a separate session. Rejects only when the source of the bytes fails. */
export async function exchange(program: string, args: string[], { head, idle, answer }: Exchange): Promise<Ended> {
    const { child } = await startSsh(program, args);
    let timedOut = false;
    let timer: NodeJS.Timeout | undefined;
    let over = false;
    const kill = (): void => {
        child.kill("SIGKILL");
        // ssh passed its ends of the pipes to the master process, which may keep them open.
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    };
    // The remote script ends with its input. The bytes received so far stay, and the next copy continues from there.
    const signal = currentSignal();
    signal?.addEventListener("abort", kill, { once: true });
    if (signal?.aborted) kill();
    const moved = (milliseconds = idle): void => {
        clearTimeout(timer);
        // A source may still deliver a piece that was requested before the end.
        if (over) return;
        timer = setTimeout(() => {
            timedOut = true;
            kill();
        }, milliseconds);
    };
    let sending: Promise<void> | undefined;
    const said = new Listener((line) => {
        const more = answer?.(line);
        if (!more) {
            child.stdin.end();
            return;
        }
        sending = send(more.bytes, child.stdin, moved).then(
            () => moved(idle + (more.size / SLOW_DISK) * 1000),
            (error) => {
                kill();
                throw error;
            },
        );
        sending.catch(() => undefined);
    });
    child.stdout.on("data", (bytes: Buffer) => {
        moved();
        said.hear(bytes);
    });
    moved();
    let err = "";
    child.stderr.on("data", (bytes: Buffer) => (err = (err + bytes.toString("utf8")).slice(-10_000)));
    child.stdin.write(head);
    if (!answer) child.stdin.end();
    try {
        const result = await child;
        throwIfAborted();
        await sending;
        return { code: result.exitCode, out: said.out(), err, timedOut, missing: result.code === "ENOENT" };
    } finally {
        over = true;
        clearTimeout(timer);
        signal?.removeEventListener("abort", kill);
    }
}

/** Send bytes. A remote side that stops reading is no error here: its exit code tells the reason. */
async function send(bytes: AsyncIterable<Buffer>, to: NodeJS.WritableStream, moved: () => void): Promise<void> {
    let failed: unknown;
    const source = async function* (): AsyncGenerator<Buffer> {
        try {
            for await (const piece of bytes) {
                moved();
                yield piece;
            }
        } catch (error) {
            failed = error;
            throw error;
        }
    };
    await pipeline(Readable.from(source()), to).catch(() => undefined);
    if (failed) throw failed;
}

/** Finds the script's output after the output of a login shell. */
export class Listener {
    private heard = Buffer.alloc(0);
    private begin = -1;
    private told = false;

    constructor(private readonly onLine: (line: string) => void) {}

    hear(bytes: Buffer): void {
        this.heard = Buffer.concat([this.heard, bytes]);
        if (this.begin < 0) {
            const at = this.heard.indexOf(`\n${MARK}\n`);
            if (at >= 0) this.begin = at + MARK.length + 2;
        }
        if (this.begin < 0 || this.told) return;
        const end = this.heard.indexOf("\n", this.begin);
        if (end < 0) return;
        this.told = true;
        this.onLine(this.heard.toString("utf8", this.begin, end));
    }

    /** Return what was printed before the script began. */
    before(): string {
        return this.heard.toString("utf8", 0, this.begin < 0 ? undefined : this.begin);
    }

    out(): Buffer | undefined {
        return this.begin < 0 ? undefined : this.heard.subarray(this.begin);
    }
}
