import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

import type { Part } from "../../../spec";
import { CallFailed, type Connection } from "./connection";
import { type Handle, libvirt, takePointers } from "./ffi";
import type { VolumeRecord } from "./protocol";
import { receive, send, withStream } from "./stream";

const noPool = 49, noVolume = 50; // virErrorNumber
const createWithBuild = 1; // virStoragePoolCreateFlags: makes the folder
const physicalSize = 1; // virStorageVolInfoFlags: allocation is the file's length
const sparseUpload = 1; // virStorageVolUploadFlags

type Progress = (bytes: number) => void;

function inPool<T>(connection: Connection, name: string, work: (pool: Handle) => Promise<T>): Promise<T> {
    return connection.using("virStoragePoolFree", ["virStoragePoolLookupByName", connection.handle, name], work);
}

/** The pool as its folder is now: QEMU and virtlogd write there without telling it. */
function inFreshPool<T>(connection: Connection, name: string, work: (pool: Handle) => Promise<T>): Promise<T> {
    return inPool(connection, name, async (pool) => {
        if ((await connection.number("virStoragePoolIsActive", pool)) === 0) await connection.number("virStoragePoolCreate", pool, createWithBuild);
        await connection.number("virStoragePoolRefresh", pool, 0);
        return work(pool);
    });
}

export const volumeMethods = {
    async poolEnsure(connection: Connection, _progress: Progress, name: string, xml: string): Promise<void> {
        const missing = await failsWith(noPool, inPool(connection, name, async () => undefined));
        if (missing) {
            await connection.using("virStoragePoolFree", ["virStoragePoolDefineXML", connection.handle, xml, 0], async () => undefined);
        }
        await inFreshPool(connection, name, async () => undefined);
    },

    poolList: (connection: Connection, _progress: Progress, name: string): Promise<VolumeRecord[]> =>
        inFreshPool(connection, name, async (pool) => {
            const out: [Handle | null] = [null];
            const count = await connection.number("virStoragePoolListAllVolumes", pool, out, 0);
            const volumes = takePointers(out[0], count);
            try {
                const records: VolumeRecord[] = [];
                for (const volume of volumes) records.push({ name: libvirt().virStorageVolGetName(volume) as string, size: await sizeOf(connection, volume) });
                return records;
            } finally {
                for (const volume of volumes) libvirt().virStorageVolFree(volume);
            }
        }),

    async poolRemove(connection: Connection, _progress: Progress, name: string): Promise<void> {
        await failsWith(noPool, inPool(connection, name, async (pool) => {
            if ((await connection.number("virStoragePoolIsActive", pool)) === 1) await connection.number("virStoragePoolDestroy", pool);
            // rmdir of the folder: refused when something is in it, and then it stays.
            await connection.number("virStoragePoolDelete", pool, 0).catch(keepLost);
            await connection.number("virStoragePoolUndefine", pool);
        }));
    },

    async volumeWrite(connection: Connection, progress: Progress, poolName: string, name: string, xml: string, parts: Part[]): Promise<void> {
        await inFreshPool(connection, poolName, async (pool) => {
            await remove(connection, pool, name);
            await connection.using("virStorageVolFree", ["virStorageVolCreateXML", pool, xml, 0], (volume) =>
                withStream(connection, 0, async (stream) => {
                    await connection.number("virStorageVolUpload", volume, stream, 0, 0, sparseUpload);
                    await send(connection, stream, bytesOf(parts), progress);
                }));
        });
    },

    volumeRead: (connection: Connection, progress: Progress, pool: string, name: string, offset: number, length: number): Promise<Uint8Array> =>
        download(connection, progress, pool, name, { offset, length }, async (pieces) => {
            const read: Buffer[] = [];
            for await (const piece of pieces) read.push(piece);
            return Buffer.concat(read);
        }),

    volumeDelete: (connection: Connection, _progress: Progress, pool: string, name: string): Promise<void> =>
        inFreshPool(connection, pool, (handle) => remove(connection, handle, name)),

    volumeDigest: (connection: Connection, progress: Progress, pool: string, name: string): Promise<string> =>
        download(connection, progress, pool, name, { offset: 0, length: 0 }, async (pieces) => {
            const hash = createHash("sha256");
            for await (const piece of pieces) hash.update(piece);
            return hash.digest("hex");
        }),
};

/** A negative offset counts from the end; length 0 is all. */
function download<T>(
    connection: Connection, progress: Progress, pool: string, name: string, range: { offset: number; length: number },
    work: (pieces: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
    return inFreshPool(connection, pool, (handle) =>
        connection.using("virStorageVolFree", ["virStorageVolLookupByName", handle, name], async (volume) => {
            const size = await sizeOf(connection, volume);
            const offset = range.offset < 0 ? Math.max(0, size + range.offset) : range.offset;
            const length = range.length === 0 ? size - offset : Math.min(range.length, size - offset);
            if (length <= 0) return work((async function* () {})());
            return withStream(connection, 0, async (stream) => {
                await connection.number("virStorageVolDownload", volume, stream, offset, length, 0);
                return work(receive(connection, stream, progress));
            });
        }));
}

async function sizeOf(connection: Connection, volume: Handle): Promise<number> {
    const info: { allocation?: number | bigint } = {};
    await connection.number("virStorageVolGetInfoFlags", volume, info, physicalSize);
    return Number(info.allocation);
}

async function remove(connection: Connection, pool: Handle, name: string): Promise<void> {
    await failsWith(noVolume, connection.using("virStorageVolFree", ["virStorageVolLookupByName", pool, name], (volume) =>
        connection.number("virStorageVolDelete", volume, 0)));
}

async function* bytesOf(parts: Part[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
        if ("bytes" in part) yield part.bytes;
        else yield* createReadStream(part.file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
    }
}

/** True when it failed with this libvirt error; other failures are thrown. */
async function failsWith(code: number, work: Promise<unknown>): Promise<boolean> {
    try {
        await work;
        return false;
    } catch (error) {
        if (error instanceof CallFailed && error.code === code) return true;
        throw error;
    }
}

function keepLost(error: unknown): void {
    if (error instanceof CallFailed && error.lost) throw error;
}
