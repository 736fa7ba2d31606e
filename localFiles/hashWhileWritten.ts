import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import type { Written } from "./fileWriter";

const CHUNK = 1024 * 1024;
/** The volume descriptors of an ISO are in these first bytes, which a program may patch last. */
const HEAD = 64 * 1024;
const PAUSE = 20;

/**
 * Hash a file while another process writes it from front to back, so that the image is not read a second time; then
 * sync it.
 * @param writing settles when the writer has ended
 */
export async function hashWhileWritten(
    path: string,
    writing: Promise<unknown>,
    onProgress: (bytes: number) => void,
): Promise<Written> {
    let ended = false;
    const end = writing.then(
        () => {
            ended = true;
        },
        () => {
            ended = true;
        },
    );
    let handle: FileHandle | undefined;
    try {
        // The file exists as soon as the writer opens it. If the writer failed earlier, its error is thrown.
        while (!(handle = await open(path, "r+").catch(() => undefined)) && !ended) await pause(end);
        await (handle ? undefined : writing);
        handle ??= await open(path, "r+");
        const written = await follow(handle, () => ended, end, onProgress);
        await writing;
        await handle.sync();
        return written;
    } finally {
        await handle?.close();
    }
}

async function follow(
    handle: FileHandle,
    ended: () => boolean,
    end: Promise<void>,
    onProgress: (bytes: number) => void,
): Promise<Written> {
    const buffer = Buffer.allocUnsafe(CHUNK);
    const head = createHash("sha256");
    const hash = createHash("sha256");
    let size = 0;
    for (;;) {
        const last = ended();
        const { bytesRead } = await handle.read(buffer, 0, CHUNK, size);
        if (bytesRead === 0 && last) break;
        // Prefer few large reads: wait until a chunk is full.
        if (bytesRead < CHUNK && !last) {
            await pause(end);
            continue;
        }
        hash.update(buffer.subarray(0, bytesRead));
        if (size === 0) head.update(buffer.subarray(0, HEAD));
        size += bytesRead;
        onProgress(size);
    }
    const { bytesRead } = await handle.read(buffer, 0, HEAD, 0);
    const same = createHash("sha256").update(buffer.subarray(0, bytesRead)).digest("hex") === head.digest("hex");
    return same ? { sha256: hash.digest("hex"), size } : follow(handle, ended, end, onProgress);
}

async function pause(end: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
        end,
        new Promise<void>((resolve) => {
            timer = setTimeout(resolve, PAUSE);
        }),
    ]);
    clearTimeout(timer);
}
