import { type FileHandle, open } from "node:fs/promises";
import { allEnded } from "../model";
import type { Written } from "./fileWriter";
import { follow, pause } from "./follow";
import { followInThread } from "./hashThread";

/** From this size on, hashing takes longer than starting a thread. */
const LARGE = 32 * 1024 * 1024;

/**
 * Hash and sync a file while another process writes it from front to back, so that the image is not read a second time.
 * @param writing settles when the writer has ended
 * @param expected bytes, approximately
 */
export async function hashWhileWritten(
    path: string,
    writing: Promise<unknown>,
    onProgress: (bytes: number) => void,
    expected = 0,
): Promise<Written> {
    const end = writing.then(
        () => undefined,
        () => undefined,
    );
    const handle = await openWritten(path, writing, end);
    try {
        // The writer's end is the last change, so the disk need not wait until the hash is known.
        const synced = writing.then(() => handle.sync());
        const hashed =
            expected < LARGE ? follow(handle.fd, end, onProgress) : followInThread(handle.fd, writing, onProgress);
        const [, written] = await allEnded([synced, hashed]);
        return written;
    } finally {
        await handle.close();
    }
}

/** Open the file, which exists as soon as the writer opens it. Throws the writer's error where it failed earlier. */
async function openWritten(path: string, writing: Promise<unknown>, end: Promise<void>): Promise<FileHandle> {
    let ended = false;
    void end.then(() => (ended = true));
    while (!ended) {
        const handle = await open(path, "r+").catch(() => undefined);
        if (handle) return handle;
        await pause(end);
    }
    await writing;
    return open(path, "r+");
}
