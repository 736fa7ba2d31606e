import { type Connection, invoke } from "./connection";
import { type Handle, libvirt } from "./ffi";

const nonblock = 1; // virStreamFlags
const chunkSize = 256 * 1024; // libvirt's limit for one message
const wouldBlock = -2; // virStreamRecv
const pollInterval = 50;

/** Run `work` on a new stream. Finish the stream after success, abort it after a failure. */
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
 * Return a console's output since the last read on this connection, and during the given time or until the domain ends.
 * The console stays open for the next read: closing it would lose output that the daemon has read but not yet sent. The
 * stream does not block, because a silent guest would otherwise occupy the connection forever. Without an event loop
 * its data arrives with the answers to other calls, so each poll makes a small call.
 */
export async function readConsole(
    connection: Connection,
    domain: Handle,
    uuid: string,
    milliseconds: number,
    progress: (bytes: number) => void,
): Promise<string> {
    const end = Date.now() + milliseconds;
    const buffer = Buffer.alloc(64 * 1024);
    const pieces: Buffer[] = [];
    const stream = await openConsole(connection, domain, uuid);
    for (;;) {
        await connection.number("virConnectGetLibVersion", connection.handle, [0]);
        let got = libvirt().virStreamRecv(stream, buffer, buffer.length) as number;
        for (; got > 0; got = libvirt().virStreamRecv(stream, buffer, buffer.length) as number)
            pieces.push(Buffer.from(buffer.subarray(0, got)));
        if (got !== wouldBlock) await closeConsole(connection, uuid);
        if (got !== wouldBlock || Date.now() >= end) return Buffer.concat(pieces).toString("utf8");
        progress(0);
        await new Promise((resolve) => setTimeout(resolve, Math.min(pollInterval, Math.max(0, end - Date.now()))));
    }
}

/** Return the open console, if it belongs to this run of the domain, or open one. */
async function openConsole(connection: Connection, domain: Handle, uuid: string): Promise<Handle> {
    const id = libvirt().virDomainGetID(domain) as number;
    const open = connection.consoles.get(uuid);
    if (open?.id === id) return open.stream;
    await closeConsole(connection, uuid);
    const stream = await connection.handleOf("virStreamNew", connection.handle, nonblock);
    try {
        await connection.number("virDomainOpenConsole", domain, null, stream, 0);
    } catch (error) {
        libvirt().virStreamFree(stream);
        throw error;
    }
    connection.consoles.set(uuid, { id, stream });
    return stream;
}

export async function closeConsole(connection: Connection, uuid: string): Promise<void> {
    const open = connection.consoles.get(uuid);
    if (!open) return;
    connection.consoles.delete(uuid);
    await invoke("virStreamAbort", open.stream);
    libvirt().virStreamFree(open.stream);
}

/** Send pieces of any size, and runs of zeros as holes. */
export async function send(
    connection: Connection,
    stream: Handle,
    pieces: AsyncIterable<Uint8Array>,
    progress: (bytes: number) => void,
): Promise<void> {
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

/** Yield the stream's data until its end. */
export async function* receive(
    connection: Connection,
    stream: Handle,
    progress: (bytes: number) => void,
): AsyncGenerator<Buffer> {
    const buffer = Buffer.alloc(chunkSize);
    for (let total = 0; ; ) {
        const got = await connection.number("virStreamRecv", stream, buffer, buffer.length);
        if (got === 0) return;
        progress((total += got));
        yield Buffer.from(buffer.subarray(0, got));
    }
}
