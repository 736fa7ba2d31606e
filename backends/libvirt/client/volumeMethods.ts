import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

import type { Part } from "../../../spec";
import { CallFailed, type Connection } from "./connection";
import { type Handle, libvirt, takePointers } from "./ffi";
import type { PoolRef, VolumeRecord } from "./protocol";
import { receive, send, withStream } from "./stream";

const noPool = 49, noVolume = 50; // virErrorNumber
const createWithBuild = 1; // virStoragePoolCreateFlags: makes the folder
const physicalSize = 1; // virStorageVolInfoFlags: allocation is the file's length
const sparseUpload = 1; // virStorageVolUploadFlags

type Progress = (bytes: number) => void;

/**
 * Works on the pool as its folder is now: QEMU and virtlogd write there without telling it. A pool
 * that nobody defined yet is, for a folder made without libvirt is one as well; where there is no
 * folder either, the pool is not found.
 */
async function inFreshPool<T>(connection: Connection, pool: PoolRef, work: (pool: Handle) => Promise<T>, flags = 0): Promise<T> {
    const define = (): Promise<T> => connection.using("virStoragePoolFree", ["virStoragePoolDefineXML", connection.handle, pool.xml, 0], async (handle) => {
        try {
            await connection.number("virStoragePoolCreate", handle, flags);
        } catch (error) {
            keepLost(error);
            await connection.number("virStoragePoolUndefine", handle);
            if (flags === createWithBuild) throw error;
            throw new CallFailed({ kind: "libvirt", code: noPool, domain: 0, message: (error as CallFailed).message, connecting: false, lost: false });
        }
        return work(handle);
    });
    const use = connection.using("virStoragePoolFree", ["virStoragePoolLookupByName", connection.handle, pool.name], async (handle) => {
        if (!(await refreshed(connection, handle, flags))) return undefined;
        return { result: await work(handle) };
    });
    const used = await unless(noPool, use);
    return used ? used.result : define();
}

/** False, and the pool forgotten, when it cannot be started: its folder was taken away. */
async function refreshed(connection: Connection, pool: Handle, flags: number): Promise<boolean> {
    try {
        if ((await connection.number("virStoragePoolIsActive", pool)) === 0) await connection.number("virStoragePoolCreate", pool, flags);
        else await connection.number("virStoragePoolRefresh", pool, 0);
        return true;
    } catch (error) {
        keepLost(error);
        // A pool that could not be refreshed is stopped by libvirt; one that still runs is only busy.
        if ((await connection.number("virStoragePoolIsActive", pool)) === 1) throw error;
        await connection.number("virStoragePoolUndefine", pool);
        return false;
    }
}

export const volumeMethods = {
    poolEnsure: (connection: Connection, _progress: Progress, pool: PoolRef): Promise<void> =>
        inFreshPool(connection, pool, async () => undefined, createWithBuild),

    poolList: (connection: Connection, _progress: Progress, pool: PoolRef): Promise<VolumeRecord[]> =>
        inFreshPool(connection, pool, async (handle) => {
            const out: [Handle | null] = [null];
            const count = await connection.number("virStoragePoolListAllVolumes", handle, out, 0);
            const volumes = takePointers(out[0], count);
            try {
                const records: VolumeRecord[] = [];
                for (const volume of volumes) records.push({ name: libvirt().virStorageVolGetName(volume) as string, size: await sizeOf(connection, volume) });
                return records;
            } finally {
                for (const volume of volumes) libvirt().virStorageVolFree(volume);
            }
        }),

    async poolRemove(connection: Connection, _progress: Progress, pool: PoolRef): Promise<void> {
        await unless(noPool, inFreshPool(connection, pool, async (handle) => {
            await connection.number("virStoragePoolDestroy", handle);
            // rmdir of the folder: refused when something is in it, and then it stays.
            await connection.number("virStoragePoolDelete", handle, 0).catch(keepLost);
            await connection.number("virStoragePoolUndefine", handle);
        }));
    },

    volumeWrite: (connection: Connection, progress: Progress, pool: PoolRef, name: string, xml: string, parts: Part[]): Promise<void> =>
        inFreshPool(connection, pool, (handle) => fill(connection, progress, handle, name, xml, bytesOf(parts))),

    volumeCopy: (connection: Connection, progress: Progress, pool: PoolRef, from: string, to: string, xml: string): Promise<void> =>
        inFreshPool(connection, pool, (handle) =>
            download(connection, progress, handle, from, { offset: 0, length: 0 }, (pieces) => fill(connection, progress, handle, to, xml, pieces))),

    volumeRead: (connection: Connection, progress: Progress, pool: PoolRef, name: string, offset: number, length: number): Promise<Uint8Array> =>
        inFreshPool(connection, pool, (handle) => download(connection, progress, handle, name, { offset, length }, async (pieces) => {
            const read: Buffer[] = [];
            for await (const piece of pieces) read.push(piece);
            return Buffer.concat(read);
        })),

    volumeDelete: (connection: Connection, _progress: Progress, pool: PoolRef, name: string): Promise<void> =>
        inFreshPool(connection, pool, (handle) => remove(connection, handle, name)),

    volumeDigest: (connection: Connection, progress: Progress, pool: PoolRef, name: string): Promise<string> =>
        inFreshPool(connection, pool, (handle) => download(connection, progress, handle, name, { offset: 0, length: 0 }, async (pieces) => {
            const hash = createHash("sha256");
            for await (const piece of pieces) hash.update(piece);
            return hash.digest("hex");
        })),
};

/** Makes the volume anew and sends what belongs in it. */
async function fill(connection: Connection, progress: Progress, pool: Handle, name: string, xml: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    await remove(connection, pool, name);
    await connection.using("virStorageVolFree", ["virStorageVolCreateXML", pool, xml, 0], (volume) =>
        withStream(connection, async (stream) => {
            await connection.number("virStorageVolUpload", volume, stream, 0, 0, sparseUpload);
            await send(connection, stream, pieces, progress);
        }));
}

/** A negative offset counts from the end; length 0 is all. */
function download<T>(
    connection: Connection, progress: Progress, pool: Handle, name: string, range: { offset: number; length: number },
    work: (pieces: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
    return connection.using("virStorageVolFree", ["virStorageVolLookupByName", pool, name], async (volume) => {
        const size = await sizeOf(connection, volume);
        const offset = range.offset < 0 ? Math.max(0, size + range.offset) : range.offset;
        const length = range.length === 0 ? size - offset : Math.min(range.length, size - offset);
        if (length <= 0) return work((async function* () {})());
        return withStream(connection, async (stream) => {
            await connection.number("virStorageVolDownload", volume, stream, offset, length, 0);
            return work(receive(connection, stream, progress));
        });
    });
}

async function sizeOf(connection: Connection, volume: Handle): Promise<number> {
    const info: { allocation?: number | bigint } = {};
    await connection.number("virStorageVolGetInfoFlags", volume, info, physicalSize);
    return Number(info.allocation);
}

async function remove(connection: Connection, pool: Handle, name: string): Promise<void> {
    await unless(noVolume, connection.using("virStorageVolFree", ["virStorageVolLookupByName", pool, name], (volume) =>
        connection.number("virStorageVolDelete", volume, 0)));
}

async function* bytesOf(parts: Part[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
        if ("bytes" in part) yield part.bytes;
        else yield* createReadStream(part.file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
    }
}

/** Undefined when it failed with this libvirt error; other failures are thrown. */
async function unless<T>(code: number, work: Promise<T>): Promise<T | undefined> {
    try {
        return await work;
    } catch (error) {
        if (error instanceof CallFailed && error.code === code) return undefined;
        throw error;
    }
}

function keepLost(error: unknown): void {
    if (!(error instanceof CallFailed) || error.lost) throw error;
}
