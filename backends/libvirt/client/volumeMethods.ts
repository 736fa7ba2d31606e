import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

import type { Part } from "../../../model";
import { CallFailed, type Connection } from "./connection";
import { type Handle, libvirt, takePointers } from "./ffi";
import { CREATE_WITH_BUILD, forget, inFreshPool, inKnownPool, inTransientPool, keepLost, unless } from "./freshPool";
import type { PoolRef, VolumeRecord } from "./protocol";
import { receive, send, withStream } from "./stream";

const noVolume = 50,
    volumeExists = 90; // virErrorNumber
const EEXIST = 17; // errno(3)
const regularFile = 0,
    directory = 2; // virStorageVolType
const physicalSize = 1; // virStorageVolInfoFlags: return the file's length as allocation
const sparseUpload = 1; // virStorageVolUploadFlags

type Progress = (bytes: number) => void;

export const volumeMethods = {
    poolEnsure: (connection: Connection, _progress: Progress, pool: PoolRef): Promise<void> =>
        inFreshPool(connection, pool, async () => undefined, CREATE_WITH_BUILD),

    poolList: (connection: Connection, _progress: Progress, pool: PoolRef): Promise<VolumeRecord[]> =>
        inFreshPool(connection, pool, async (handle) =>
            (await volumesIn(connection, handle)).map(({ name, size, type }) => ({
                name,
                size,
                regular: type === regularFile,
            })),
        ),

    folderList: (connection: Connection, _progress: Progress, pool: PoolRef): Promise<string[] | undefined> =>
        inTransientPool(connection, pool, async (handle) =>
            (await volumesIn(connection, handle)).filter(({ type }) => type === directory).map(({ name }) => name),
        ),

    /**
     * libvirt treats a dangling link like a missing folder. Creating the folder first distinguishes them: it fails at a
     * link.
     */
    poolRemove: (connection: Connection, _progress: Progress, pool: PoolRef): Promise<void> =>
        inFreshPool(
            connection,
            pool,
            async (handle) => {
                await connection.number("virStoragePoolDestroy", handle);
                // rmdir of the folder: fails when it is not empty, and then it stays.
                await connection.number("virStoragePoolDelete", handle, 0).catch(keepLost);
                await connection.number("virStoragePoolUndefine", handle);
            },
            CREATE_WITH_BUILD,
        ),

    poolForget: (connection: Connection, _progress: Progress, name: string): Promise<void> => forget(connection, name),

    volumeWrite: (
        connection: Connection,
        progress: Progress,
        pool: PoolRef,
        _name: string,
        xml: string,
        parts: Part[],
    ): Promise<string | undefined> =>
        inFreshPool(connection, pool, (handle) =>
            fill(connection, progress, handle, xml, bytesOf(parts)).catch((error: unknown) => {
                if (isTaken(error)) return undefined;
                throw error;
            }),
        ),

    volumeCopy: (
        connection: Connection,
        progress: Progress,
        pool: PoolRef,
        from: string,
        to: string,
        xml: string,
    ): Promise<string> =>
        inFreshPool(connection, pool, (handle) =>
            download(connection, progress, handle, from, { offset: 0, length: 0 }, async (pieces) => {
                await remove(connection, handle, to);
                return fill(connection, progress, handle, xml, pieces);
            }),
        ),

    volumeXml: (connection: Connection, _progress: Progress, pool: PoolRef, name: string): Promise<string> =>
        inFreshPool(connection, pool, (handle) =>
            connection.using("virStorageVolFree", ["virStorageVolLookupByName", handle, name], (volume) =>
                connection.text("virStorageVolGetXMLDesc", volume, 0),
            ),
        ),

    /** @param growing a program appends to the volume, which no writer of this package marks as incomplete */
    volumeRead: async (
        connection: Connection,
        progress: Progress,
        pool: PoolRef,
        name: string,
        mark: string,
        offset: number,
        length: number,
        growing: boolean,
    ): Promise<Uint8Array> => {
        const read = (handle: Handle): Promise<Buffer> =>
            download(connection, progress, handle, name, { offset, length }, async (pieces) => {
                const found: Buffer[] = [];
                for await (const piece of pieces) found.push(piece);
                return Buffer.concat(found);
            });
        // The size of a volume is always the present one. Only a volume that the pool does not know needs a refresh.
        const known = growing ? await inKnownPool(connection, pool, read) : undefined;
        return (
            known ??
            inFreshPool(connection, pool, async (handle) =>
                (await isThere(connection, handle, mark)) ? new Uint8Array() : read(handle),
            )
        );
    },

    volumeDelete: (connection: Connection, _progress: Progress, pool: PoolRef, name: string): Promise<void> =>
        inFreshPool(connection, pool, (handle) => remove(connection, handle, name)),

    volumeDigest: (connection: Connection, progress: Progress, pool: PoolRef, name: string): Promise<string> =>
        inFreshPool(connection, pool, (handle) =>
            download(connection, progress, handle, name, { offset: 0, length: 0 }, async (pieces) => {
                const hash = createHash("sha256");
                for await (const piece of pieces) hash.update(piece);
                return hash.digest("hex");
            }),
        ),
};

async function volumesIn(
    connection: Connection,
    pool: Handle,
): Promise<{ name: string; size: number; type: number }[]> {
    const out: [Handle | null] = [null];
    const count = await connection.number("virStoragePoolListAllVolumes", pool, out, 0);
    const volumes = takePointers(out[0], count);
    try {
        const found: { name: string; size: number; type: number }[] = [];
        for (const volume of volumes)
            found.push({
                name: libvirt().virStorageVolGetName(volume) as string,
                ...(await factsOf(connection, volume)),
            });
        return found;
    } finally {
        for (const volume of volumes) libvirt().virStorageVolFree(volume);
    }
}

/** Create a volume with an unused name, and send its content. @returns the sha256 of the content */
async function fill(
    connection: Connection,
    progress: Progress,
    pool: Handle,
    xml: string,
    pieces: AsyncIterable<Uint8Array>,
): Promise<string> {
    const hash = createHash("sha256");
    const hashed = async function* (): AsyncGenerator<Uint8Array> {
        for await (const piece of pieces) {
            hash.update(piece);
            yield piece;
        }
    };
    await connection.using("virStorageVolFree", ["virStorageVolCreateXML", pool, xml, 0], (volume) =>
        withStream(connection, async (stream) => {
            await connection.number("virStorageVolUpload", volume, stream, 0, 0, sparseUpload);
            await send(connection, stream, hashed(), progress);
        }),
    );
    return hash.digest("hex");
}

/** Download a range of a volume. A negative offset counts from the end; length 0 means all. */
function download<T>(
    connection: Connection,
    progress: Progress,
    pool: Handle,
    name: string,
    range: { offset: number; length: number },
    work: (pieces: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
    return connection.using("virStorageVolFree", ["virStorageVolLookupByName", pool, name], async (volume) => {
        const { size } = await factsOf(connection, volume);
        const offset = range.offset < 0 ? Math.max(0, size + range.offset) : range.offset;
        const length = range.length === 0 ? size - offset : Math.min(range.length, size - offset);
        if (length <= 0) return work((async function* () {})());
        return withStream(connection, async (stream) => {
            await connection.number("virStorageVolDownload", volume, stream, offset, length, 0);
            return work(receive(connection, stream, progress));
        });
    });
}

async function factsOf(connection: Connection, volume: Handle): Promise<{ size: number; type: number }> {
    const info: { type?: number; allocation?: number | bigint } = {};
    await connection.number("virStorageVolGetInfoFlags", volume, info, physicalSize);
    return { size: Number(info.allocation), type: Number(info.type) };
}

async function isThere(connection: Connection, pool: Handle, name: string): Promise<boolean> {
    return (
        (await unless(
            noVolume,
            connection.using("virStorageVolFree", ["virStorageVolLookupByName", pool, name], async () => true),
        )) ?? false
    );
}

/**
 * Return whether the name is taken. For a file created without libvirt after the refresh, the system reports EEXIST.
 */
function isTaken(error: unknown): boolean {
    return error instanceof CallFailed && (error.code === volumeExists || error.errno === EEXIST);
}

async function remove(connection: Connection, pool: Handle, name: string): Promise<void> {
    await unless(
        noVolume,
        connection.using("virStorageVolFree", ["virStorageVolLookupByName", pool, name], (volume) =>
            connection.number("virStorageVolDelete", volume, 0),
        ),
    );
}

async function* bytesOf(parts: Part[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
        if ("bytes" in part) yield part.bytes;
        else yield* createReadStream(part.file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>;
    }
}
