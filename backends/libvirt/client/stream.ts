import { type Connection, invoke } from "./connection";
import { type Handle, libvirt } from "./ffi";

const nonblock = 1; // virStreamFlags
const chunkSize = 256 * 1024; // what libvirt puts into one message
const wouldBlock = -2; // virStreamRecv
const pollInterval = 50;

/** Runs `work` on a new stream; finishes it when that went well, else aborts it. */
export async function withStream<T>(connection: Connection, work: (stream: Handle) => Promise<T>): Promise<T> {
    return connection.using("virStreamFree", ["virStreamNew", connection.handle, 0], async (stream) => {
        try {
            const result = await work(stream);
            await connection.number("virStreamFinish", stream);
            return result;
        } catch (error) {
            await invoke("virStreamAbort", stream);
            throw error;
        }
    });
}

/**
 * Reads what the console prints in this time, or until the domain ends. The stream does not block,
 * or a silent guest would hold the connection for ever; without an event loop its data comes in
 * with the answers to other calls, so a small one is made for each look.
 */
export async function readConsole(connection: Connection, domain: Handle, milliseconds: number, progress: (bytes: number) => void): Promise<string> {
    const end = Date.now() + milliseconds;
    const buffer = Buffer.alloc(64 * 1024);
    const pieces: Buffer[] = [];
    const stream = await connection.handleOf("virStreamNew", connection.handle, nonblock);
    try {
        await connection.number("virDomainOpenConsole", domain, null, stream, 0);
        while (Date.now() < end) {
            await connection.number("virConnectGetLibVersion", connection.handle, [0]);
            let got = libvirt().virStreamRecv(stream, buffer, buffer.length) as number;
            for (; got > 0; got = libvirt().virStreamRecv(stream, buffer, buffer.length) as number) pieces.push(Buffer.from(buffer.subarray(0, got)));
            if (got !== wouldBlock) break;
            progress(0);
            await new Promise((resolve) => setTimeout(resolve, Math.min(pollInterval, Math.max(0, end - Date.now()))));
        }
        return Buffer.concat(pieces).toString("utf8");
    } finally {
        await invoke("virStreamAbort", stream);
        libvirt().virStreamFree(stream);
    }
}

/** Sends pieces of any size; runs of zeros as holes. */
export async function send(connection: Connection, stream: Handle, pieces: AsyncIterable<Uint8Array>, progress: (bytes: number) => void): Promise<void> {
    const zeros = Buffer.alloc(chunkSize);
    let sent = 0;
    for await (const piece of pieces) {
        for (let at = 0; at < piece.length; ) {
            const chunk = Buffer.from(piece.buffer, piece.byteOffset + at, Math.min(chunkSize, piece.length - at));
            if (chunk.equals(zeros.subarray(0, chunk.length))) {
                await connection.number("virStreamSendHole", stream, chunk.length, 0);
                at += chunk.length;
            } else {
                at += await connection.number("virStreamSend", stream, chunk, chunk.length);
            }
            progress(sent + at);
        }
        sent += piece.length;
    }
}

/** What the stream gives until its end. */
export async function* receive(connection: Connection, stream: Handle, progress: (bytes: number) => void): AsyncGenerator<Buffer> {
    const buffer = Buffer.alloc(chunkSize);
    for (let total = 0; ; ) {
        const got = await connection.number("virStreamRecv", stream, buffer, buffer.length);
        if (got === 0) return;
        progress((total += got));
        yield Buffer.from(buffer.subarray(0, got));
    }
}
