import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { currentSignal, throwIfEnded } from "../../../../spec";
import { MARK } from "./shellProtocol";

export interface Exchange {
    /** Sent at once. */
    head: Buffer;
    /** Milliseconds without any progress after which the process is killed. */
    idle: number;
    /** Answers the first line that the far side says; undefined: no more to send. Without it nothing more is sent. */
    answer?(line: string): { bytes: AsyncIterable<Buffer>; size: number } | undefined;
}

export interface Ended {
    /** Undefined when a signal ended it. */
    code?: number;
    /** What the script said; undefined when it never began. */
    out?: Buffer;
    err: string;
    /** It was killed because nothing moved. */
    timedOut: boolean;
    /** The program is not there. */
    missing: boolean;
}

/** Bytes a second that a slow disk takes, to wait for while it syncs and verifies. */
const SLOW_DISK = 10 * 2 ** 20;

/** The one place where ssh is started. In a session of its own: it has no terminal to ask at, and no Ctrl-C cuts it. */
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
    // Wrapped: the child is itself a promise, which an async function would wait for.
    return { child };
}

/** One script on the far side, from its request to its end. Rejects only when the source of the bytes fails. */
export async function exchange(program: string, args: string[], { head, idle, answer }: Exchange): Promise<Ended> {
    const { child } = await startSsh(program, args);
    let timedOut = false;
    let timer: NodeJS.Timeout | undefined;
    let over = false;
    const kill = (): void => {
        child.kill("SIGKILL");
        // ssh gave its end of them to the process that holds the connection, which may not let go.
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    };
    // The far side ends with its input; what it has received stays, for the copy to go on from there.
    const signal = currentSignal();
    signal?.addEventListener("abort", kill, { once: true });
    if (signal?.aborted) kill();
    const moved = (milliseconds = idle): void => {
        clearTimeout(timer);
        // A source may still come with what it was asked for before the end.
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
        throwIfEnded();
        await sending;
        return { code: result.exitCode, out: said.out(), err, timedOut, missing: result.code === "ENOENT" };
    } finally {
        over = true;
        clearTimeout(timer);
        signal?.removeEventListener("abort", kill);
    }
}

/** A far side that takes no more is no error here: its exit code says why. */
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

/** Finds what the script says after whatever a login shell says. */
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

    out(): Buffer | undefined {
        return this.begin < 0 ? undefined : this.heard.subarray(this.begin);
    }
}
