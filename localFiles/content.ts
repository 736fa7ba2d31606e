import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { abortable, throwIfAborted, UnikernelError } from "../model";
import { fsError } from "./fsError";
import { HashCache, isRacy, racyFor, type Signature, signatureText } from "./hashCache";
import { reportHashed } from "./hashProgress";

/** Up to this size a file is read synchronously: four trips through the thread pool cost more than the read. */
const SMALL = 256 * 1024;
const CHUNK = 1024 * 1024;
/** From this size on, waiting until a file's times prove that it is unchanged costs less than hashing it again. */
const LARGE = 512 * 1024 * 1024;
// A file may have been replaced by a pipe since it was listed; opening it must not block.
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

export interface Content {
    sha256: string;
    signature: string;
    /** The file changed so shortly before it was read that its signature cannot prove later that it is unchanged. */
    racy: boolean;
}

/** Return the hash of one regular file's content; from the cache if its signature is there. */
export async function readContent(path: string, listed: Signature, cache: HashCache, key: string): Promise<Content> {
    throwIfAborted();
    const signature = signatureText(listed);
    const known = cache.get(key, signature);
    if (known !== undefined) return { sha256: known, signature, racy: false };
    if (listed.size >= LARGE) await untilNotRacy(listed);
    const readAt = nanoseconds();
    const sha256 =
        listed.size <= SMALL ? hashSmall(path, signature) : await hashLarge(path, signature, Number(listed.size));
    if (listed.size <= SMALL) reportHashed(path, Number(listed.size), Number(listed.size));
    const racy = isRacy(listed, readAt);
    if (!racy) await cache.set(key, signature, sha256, listed.size);
    return { sha256, signature, racy };
}

/** Wait until a signature is no longer racy. A timer may fire a millisecond before its time. */
async function untilNotRacy(signature: Signature): Promise<void> {
    for (let left = racyFor(signature, nanoseconds()); left > 0; left = racyFor(signature, nanoseconds()))
        await abortable(delay(left));
}

function nanoseconds(): bigint {
    return BigInt(Date.now()) * 1_000_000n;
}

/**
 * Return the sha256 of a file's content, 64 hex digits. Hashes are cached by path, size, times and inode, so that an
 * untouched file is not read again.
 * @throws UnikernelError `not-found`, `permission`, `invalid` (not a regular file), `changed` (while it was read)
 */
export async function hashFile(path: string): Promise<string> {
    try {
        const real = await realpath(path);
        return await HashCache.during(real, async (cache) => {
            const handle = await open(real, FLAGS);
            try {
                const stats = await handle.stat({ bigint: true });
                if (!stats.isFile()) throw new UnikernelError("invalid", `${path} is not a regular file`);
                return (await readContent(real, stats, cache, "")).sha256;
            } finally {
                await handle.close();
            }
        });
    } catch (error) {
        throw fsError(error, "read", path);
    }
}

function hashSmall(path: string, signature: string): string {
    const file = openSync(path, FLAGS);
    try {
        same(path, signature, fstatSync(file, { bigint: true }));
        const hash = createHash("sha256");
        const buffer = Buffer.allocUnsafe(SMALL);
        for (let got = readSync(file, buffer); got > 0; got = readSync(file, buffer))
            hash.update(buffer.subarray(0, got));
        same(path, signature, fstatSync(file, { bigint: true }));
        return hash.digest("hex");
    } finally {
        closeSync(file);
    }
}

async function hashLarge(path: string, signature: string, size: number): Promise<string> {
    const handle = await open(path, FLAGS);
    try {
        same(path, signature, await handle.stat({ bigint: true }));
        const hash = createHash("sha256");
        let [ready, filling] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
        let { bytesRead } = await handle.read(ready, 0, CHUNK);
        let done = 0;
        while (bytesRead > 0) {
            throwIfAborted();
            // The next read runs in the thread pool while this thread hashes.
            const next = handle.read(filling, 0, CHUNK);
            hash.update(ready.subarray(0, bytesRead));
            done += bytesRead;
            reportHashed(path, done, size);
            ({ bytesRead } = await next);
            [ready, filling] = [filling, ready];
        }
        same(path, signature, await handle.stat({ bigint: true }));
        return hash.digest("hex");
    } finally {
        await handle.close();
    }
}

function same(path: string, signature: string, now: Signature): void {
    if (signatureText(now) !== signature) throw changed(path);
}

export function changed(path: string): UnikernelError {
    return new UnikernelError("changed", `${path} changed while it was read`, {
        hint: "let the program that writes it finish, then run again",
    });
}
