import { createHash, type Hash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { copyFile, type FileHandle, link, lstat, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { type Part, throwIfAborted, UnikernelError } from "../../../model";
import { sourceChanged } from "./errors";
import { describeWriter, fillsInPlace, isAbandoned, isPlainName, partName, partOf, UNFINISHED } from "./unfinished";

const holeSize = 64 * 1024;
const zeros = Buffer.alloc(holeSize);

export interface Writing {
    mode: number;
    /** sha256 hex that the content must have. */
    digest?: string;
    onProgress?(bytes: number): void;
    /** Fail where a file has the name. @default false */
    exclusive?: boolean;
    /** A power cut may leave the file incomplete. @default false: it is synced */
    transient?: boolean;
    /** Modification time, in seconds since 1970. @default the time of the write */
    mtime?: number;
    /** Called with the complete, synced file under its temporary name, before it gets its own. */
    onComplete?(part: string): Promise<void>;
}

/**
 * Write a file atomically: under a temporary name, synced, then renamed or, with `exclusive`, linked. Its name is on
 * disk only when the caller syncs the folder. Runs of zeros become holes; a single local file is cloned where the file
 * system supports it (and keeps its own holes).
 * @returns false with `exclusive` when a file has the name
 * @throws UnikernelError `changed` when a source changed meanwhile, or its content has another digest
 */
export async function writeWhole(
    path: string,
    parts: Part[],
    { mode, digest, onProgress, exclusive, transient, mtime, onComplete }: Writing,
): Promise<boolean> {
    const part = join(dirname(path), partName(basename(path)));
    try {
        const before = await signatures(parts);
        const only = parts.length === 1 ? parts[0]! : undefined;
        const cloned = only && "file" in only ? await clone(only.file, part) : false;
        const file = await open(part, cloned ? "r+" : "wx", mode);
        try {
            const hash = digest === undefined ? undefined : createHash("sha256");
            if (!cloned) await writeParts(file, parts, hash, onProgress);
            // The clone is a snapshot of the source, so hash the clone.
            else if (hash) await hashInto(hash, part);
            if (before !== (await signatures(parts)) || (hash && hash.digest("hex") !== digest))
                throw sourceChanged(path, parts);
            // The umask restricts the mode of open, and a clone has the mode of its source.
            await file.chmod(mode);
            if (mtime !== undefined) await file.utimes(mtime, mtime);
            if (!transient) await file.sync();
        } finally {
            await file.close();
        }
        await onComplete?.(part);
        return exclusive ? await linkNew(part, path) : await replace(part, path);
    } catch (error) {
        await rm(part, { force: true });
        throw error;
    }
}

/** Give a complete file its name. */
export async function replace(part: string, path: string): Promise<true> {
    await rename(part, path);
    // The rename replaced an incomplete file, so its mark goes too.
    await rm(`${path}${UNFINISHED}`, { force: true });
    return true;
}

async function linkNew(part: string, path: string): Promise<boolean> {
    try {
        await assertNotFilled(path);
        await moveHalfAway(part, path);
        await link(part, path);
        return true;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
        return false;
    } finally {
        await rm(part, { force: true });
    }
}

/** Throw where a process fills the file as a storage volume. A later one sees our temporary file, and waits. */
async function assertNotFilled(path: string): Promise<void> {
    const writer = await fillerOf(path);
    if (writer === undefined) return;
    throw new UnikernelError("in-use", `write of ${path}: ${describeWriter(writer)} writes it too`, {
        hint: "wait until it has finished, then run again",
    });
}

/** Return the writer that fills the file as a storage volume now; undefined where no process does. */
async function fillerOf(path: string): Promise<string | undefined> {
    for (const name of await readdir(dirname(path))) {
        const part = partOf(name);
        if (part?.name !== basename(path) || !fillsInPlace(part.writer)) continue;
        const facts = await lstat(join(dirname(path), name)).catch(() => undefined);
        if (facts && !isAbandoned(part.writer, Date.now() - facts.mtimeMs)) return part.writer;
    }
    return undefined;
}

/** Remove the incomplete files of dead writers of storage volumes, and their marks. `list` does not show them. */
export async function removeHalves(folder: string): Promise<void> {
    for (const mark of await readdir(folder)) {
        const name = mark.slice(0, -UNFINISHED.length);
        if (!mark.endsWith(UNFINISHED) || !isPlainName(name) || (await fillerOf(join(folder, name))) !== undefined)
            continue;
        // Remove the file before its mark: an incomplete file must not look complete.
        for (const one of [name, mark]) await rm(join(folder, one), { force: true });
    }
}

/**
 * Remove an incomplete file that a dead writer left. Move it first: if its mark is gone after the move, the file was
 * completed meanwhile, and is put back.
 */
async function moveHalfAway(part: string, path: string): Promise<void> {
    const mark = `${path}${UNFINISHED}`,
        aside = `${part}.half`;
    if (!(await isThere(mark))) return;
    await rename(path, aside).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
    });
    if (await isThere(mark)) await rm(mark, { force: true });
    else if (await isThere(aside)) await link(aside, path);
    await rm(aside, { force: true });
}

const isThere = async (path: string): Promise<boolean> =>
    lstat(path).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
            if (error.code === "ENOENT") return false;
            throw error;
        },
    );

/** Return a text from the sources' stat data that changes when a source is written. */
export async function signatures(parts: Part[]): Promise<string> {
    const all: string[] = [];
    for (const part of parts) {
        if ("bytes" in part) continue;
        const { size, mtimeNs, ino, dev } = await stat(part.file, { bigint: true });
        all.push(`${size}.${mtimeNs}.${ino}.${dev}`);
    }
    return all.join(" ");
}

async function clone(from: string, to: string): Promise<boolean> {
    return copyFile(from, to, constants.COPYFILE_FICLONE_FORCE).then(
        () => true,
        () => false,
    );
}

/** Return the sha256 hex of a file; undefined where it is missing. */
export async function digestOf(file: string): Promise<string | undefined> {
    const hash = createHash("sha256");
    try {
        await hashInto(hash, file);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        return undefined;
    }
    return hash.digest("hex");
}

async function hashInto(hash: Hash, file: string): Promise<void> {
    for await (const piece of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
        throwIfAborted();
        hash.update(piece as Buffer);
    }
}

async function writeParts(
    file: FileHandle,
    parts: Part[],
    hash?: Hash,
    onProgress?: (bytes: number) => void,
): Promise<void> {
    let at = 0;
    for (const part of parts) {
        const pieces =
            "bytes" in part
                ? [part.bytes]
                : (createReadStream(part.file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>);
        for await (const piece of pieces) {
            throwIfAborted();
            hash?.update(piece);
            await writeSparsely(file, Buffer.from(piece.buffer, piece.byteOffset, piece.length), at);
            at += piece.length;
            onProgress?.(at);
        }
    }
    await file.truncate(at);
}

async function writeSparsely(file: FileHandle, data: Buffer, at: number): Promise<void> {
    let start = 0;
    for (let end = 0; start < data.length; start = end) {
        const hole = isHole(data, start);
        for (end = start; end < data.length && isHole(data, end) === hole; )
            end = Math.min(data.length, end + holeSize);
        for (let done = start; !hole && done < end; )
            done += (await file.write(data, done, end - done, at + done)).bytesWritten;
    }
}

function isHole(data: Buffer, start: number): boolean {
    return data.length - start >= holeSize && data.compare(zeros, 0, holeSize, start, start + holeSize) === 0;
}

/** Return the total size of all parts in bytes. */
export async function sizeOf(parts: Part[]): Promise<number> {
    let size = 0;
    for (const part of parts) size += "bytes" in part ? part.bytes.length : (await stat(part.file)).size;
    return size;
}

/** Remove temporary files whose writers have ended. */
export async function sweep(folder: string): Promise<void> {
    for (const name of await readdir(folder)) {
        const part = partOf(name);
        if (!part) continue;
        const facts = await lstat(join(folder, name)).catch(() => undefined);
        if (facts?.isFile() && isAbandoned(part.writer, Date.now() - facts.mtimeMs))
            await rm(join(folder, name), { force: true });
    }
}
