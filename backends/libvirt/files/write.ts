import { type FileHandle, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { constants, createReadStream } from "node:fs";
import { copyFile } from "node:fs/promises";

import { throwIfEnded, type Part } from "../../../spec";

const holeSize = 64 * 1024;
const zeros = Buffer.alloc(holeSize);
const temporary = /^\.(.+)\.(\d+)\.part$/;

/**
 * Writes a file whole or not at all: under a temporary name, synced, renamed. Runs of zeros become
 * holes; a single local file is cloned where the file system can (and keeps its own holes).
 */
export async function writeWhole(path: string, parts: Part[], mode: number, onProgress?: (bytes: number) => void): Promise<void> {
    const part = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
    try {
        const only = parts.length === 1 ? parts[0]! : undefined;
        const cloned = only && "file" in only ? await clone(only.file, part) : false;
        const file = await open(part, cloned ? "r+" : "w", mode);
        try {
            if (!cloned) await writeParts(file, parts, onProgress);
            // open's mode is narrowed by the umask, a clone's is its source's.
            await file.chmod(mode);
            await file.sync();
        } finally {
            await file.close();
        }
        await rename(part, path);
        await syncFolder(dirname(path));
    } catch (error) {
        await rm(part, { force: true });
        throw error;
    }
}

async function clone(from: string, to: string): Promise<boolean> {
    return copyFile(from, to, constants.COPYFILE_FICLONE_FORCE).then(() => true, () => false);
}

async function writeParts(file: FileHandle, parts: Part[], onProgress?: (bytes: number) => void): Promise<void> {
    let at = 0;
    for (const part of parts) {
        const pieces = "bytes" in part ? [part.bytes] : (createReadStream(part.file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>);
        for await (const piece of pieces) {
            throwIfEnded();
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
        for (end = start; end < data.length && isHole(data, end) === hole; ) end = Math.min(data.length, end + holeSize);
        for (let done = start; !hole && done < end; ) done += (await file.write(data, done, end - done, at + done)).bytesWritten;
    }
}

function isHole(data: Buffer, start: number): boolean {
    return data.length - start >= holeSize && data.compare(zeros, 0, holeSize, start, start + holeSize) === 0;
}

export async function syncFolder(folder: string): Promise<void> {
    const handle = await open(folder, "r");
    try {
        await handle.sync();
    } finally {
        await handle.close();
    }
}

export function isTemporary(name: string): boolean {
    return temporary.test(name);
}

/** Removes temporary files of processes that are gone. */
export async function sweep(folder: string): Promise<void> {
    for (const name of await readdir(folder)) {
        const pid = Number(temporary.exec(name)?.[2]);
        if (pid > 0 && !runs(pid)) await rm(join(folder, name), { force: true });
    }
}

function runs(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
}
