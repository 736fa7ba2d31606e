import { createHash } from "node:crypto";
import { read } from "node:fs";
import { promisify } from "node:util";
import type { Written } from "./fileWriter";

const CHUNK = 1024 * 1024;
/** The volume descriptors of an ISO are in these first bytes, which a program may patch last. */
const HEAD = 64 * 1024;
const PAUSE = 20;
const readAt = promisify(read);

/**
 * Hash a file while a program writes it from front to back.
 * @param fd of the file
 * @param end resolves when the program has ended
 * @param onProgress takes the bytes hashed so far
 */
export async function follow(fd: number, end: Promise<void>, onProgress: (bytes: number) => void): Promise<Written> {
    let ended = false;
    void end.then(() => (ended = true));
    /** Fill a buffer from an offset: few large reads are preferred, so wait until it is full or the file whole. */
    const next = async (buffer: Buffer, offset: number): Promise<Buffer> => {
        for (;;) {
            const whole = ended;
            const { bytesRead } = await readAt(fd, buffer, 0, CHUNK, offset);
            if (bytesRead === CHUNK || whole) return buffer.subarray(0, bytesRead);
            await pause(end);
        }
    };
    let [ready, filling] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
    const hash = createHash("sha256");
    let size = 0;
    let chunk = await next(ready, 0);
    const head = Buffer.from(chunk.subarray(0, HEAD));
    while (chunk.length > 0) {
        // The next read runs in the thread pool while this thread hashes.
        const coming = next(filling, size + chunk.length);
        coming.catch(() => undefined);
        hash.update(chunk);
        size += chunk.length;
        onProgress(size);
        chunk = await coming;
        [ready, filling] = [filling, ready];
    }
    const { bytesRead } = await readAt(fd, ready, 0, head.length, 0);
    const same = ready.subarray(0, bytesRead).equals(head);
    return same ? { sha256: hash.digest("hex"), size } : follow(fd, end, onProgress);
}

/** Wait a little, or until the program that writes has ended. */
export async function pause(end: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
        end,
        new Promise<void>((resolve) => {
            timer = setTimeout(resolve, PAUSE);
        }),
    ]);
    clearTimeout(timer);
}
