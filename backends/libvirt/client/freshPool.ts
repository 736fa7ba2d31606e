import { CallFailed, type Connection } from "./connection";
import type { Handle } from "./ffi";
import type { PoolRef } from "./protocol";

const noPool = 49,
    operationFailed = 9,
    operationInvalid = 55; // virErrorNumber

/** Flag of virStoragePoolCreate (virStoragePoolCreateFlags): create the folder. */
export const CREATE_WITH_BUILD = 1;

/**
 * Refresh the pool, then work on it: QEMU and virtlogd write into its folder without libvirt's knowledge. An undefined
 * pool is defined first, since its folder may have been made without libvirt. The pool counts as not found only where
 * its folder does not exist: a folder that libvirt cannot read may hold files.
 */
export async function inFreshPool<T>(
    connection: Connection,
    pool: PoolRef,
    work: (pool: Handle) => Promise<T>,
    flags = 0,
): Promise<T> {
    const start = async (handle: Handle): Promise<T> => {
        try {
            await refreshed(connection, handle, pool, flags);
        } catch (error) {
            // Undefine it, so that the next request defines it again with the folder of that time.
            if (
                error instanceof CallFailed &&
                !error.lost &&
                (await connection.number("virStoragePoolIsActive", handle)) !== 1
            ) {
                await connection.number("virStoragePoolUndefine", handle);
            }
            throw error;
        }
        return work(handle);
    };
    let shown = false;
    try {
        const found = await connection.using("virStoragePoolFree", lookUp(connection, pool.name), async (handle) => {
            shown = await showsFolder(connection, handle, pool);
            return shown ? { result: await start(handle) } : undefined;
        });
        if (found) return found.result;
    } catch (error) {
        // For a pool that exists, the same code means that its folder does not exist.
        if (shown || !(error instanceof CallFailed) || error.code !== noPool) throw error;
    }
    return connection.using("virStoragePoolFree", ["virStoragePoolDefineXML", connection.handle, pool.xml, 0], start);
}

/**
 * Work on the pool as libvirt knows it, without a refresh.
 * @returns undefined where it is not active, has another folder, or the work fails: a refresh may help
 */
export async function inKnownPool<T>(
    connection: Connection,
    pool: PoolRef,
    work: (pool: Handle) => Promise<T>,
): Promise<T | undefined> {
    try {
        return await connection.using("virStoragePoolFree", lookUp(connection, pool.name), async (handle) => {
            const xml = await connection.text("virStoragePoolGetXMLDesc", handle, 0);
            return folderIn(xml) === folderIn(pool.xml) ? work(handle) : undefined;
        });
    } catch (error) {
        keepLost(error);
        return undefined;
    }
}

function lookUp({ handle }: Connection, name: string): ["virStoragePoolLookupByName", Handle, string] {
    return ["virStoragePoolLookupByName", handle, name];
}

/**
 * Return whether the pool has the requested folder. A pool with another folder, from an earlier setting of the guests'
 * folder, is stopped and undefined. Its files stay.
 */
async function showsFolder(connection: Connection, handle: Handle, pool: PoolRef): Promise<boolean> {
    if (folderIn(await connection.text("virStoragePoolGetXMLDesc", handle, 0)) === folderIn(pool.xml)) return true;
    await stopAndUndefine(connection, handle);
    return false;
}

/**
 * Stop and undefine the pool of this name. Do nothing where there is none, or where another process does the same at
 * the time. A host without libvirt's storage driver, or without a running storage daemon, has no pool to undefine.
 */
export async function forget(connection: Connection, name: string): Promise<void> {
    let found = false;
    try {
        await connection.using("virStoragePoolFree", lookUp(connection, name), (handle) => {
            found = true;
            return stopAndUndefine(connection, handle);
        });
    } catch (error) {
        keepLost(error);
        if (found && (error as CallFailed).code !== noPool) throw error;
    }
}

async function stopAndUndefine(connection: Connection, handle: Handle): Promise<void> {
    if ((await connection.number("virStoragePoolIsActive", handle)) === 1)
        await connection.number("virStoragePoolDestroy", handle);
    await connection.number("virStoragePoolUndefine", handle);
}

/** Return the folder in a pool's XML. libvirt escapes quotation marks, unlike the library that rendered our XML. */
function folderIn(xml: string): string | undefined {
    return /<path>([^<]*)<\/path>/.exec(xml)?.[1]?.replaceAll("&quot;", '"').replaceAll("&apos;", "'");
}

/**
 * Attempts for temporary failures: a file vanishes while libvirt lists the folder, or another process changes the pool.
 */
const TRIES = 8;

async function refreshed(connection: Connection, handle: Handle, pool: PoolRef, flags: number): Promise<void> {
    for (let tries = 1; ; tries++) {
        try {
            if ((await connection.number("virStoragePoolIsActive", handle)) === 0)
                await connection.number("virStoragePoolCreate", handle, flags);
            else await connection.number("virStoragePoolRefresh", handle, 0);
            return;
        } catch (error) {
            keepLost(error);
            if (flags !== CREATE_WITH_BUILD && isMissing(error, pool.folder)) {
                throw missingFolder(error);
            }
            const { errno, message } = error as CallFailed;
            const passes = errno === ENOENT || (errno === 0 && !/permission denied|stale/i.test(message));
            if (tries === TRIES || !passes) throw error;
            await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** tries));
        }
    }
}

const ENOENT = 2; // errno(3)

function missingFolder(error: unknown): CallFailed {
    const { message } = error as CallFailed;
    return new CallFailed({ kind: "libvirt", code: noPool, domain: 0, message, connecting: false, lost: false });
}

/**
 * Return whether an error means "cannot open directory 'FOLDER': No such file or directory", in any language of the
 * daemon. A file in the folder that vanished does not count.
 */
function isMissing(error: unknown, folder: string): boolean {
    if (!(error instanceof CallFailed)) return false;
    const { errno, message } = error;
    const missing = errno === ENOENT || (errno === 0 && /no such file or directory/i.test(message));
    return missing && message.includes(folder) && !message.includes(`${folder}/`);
}

/**
 * Work on a transient pool, of which no definition stays. libvirt accepts each name and folder only once, so a pool
 * that a killed process left is ended first.
 * @returns undefined where another pool of the host has the folder
 */
export async function inTransientPool<T>(
    connection: Connection,
    pool: PoolRef,
    work: (pool: Handle) => Promise<T>,
): Promise<T | undefined> {
    for (let tries = 1; ; tries++) {
        try {
            return await connection.using(
                "virStoragePoolFree",
                ["virStoragePoolCreateXML", connection.handle, pool.xml, 0],
                async (handle) => {
                    try {
                        return await work(handle);
                    } finally {
                        await connection.number("virStoragePoolDestroy", handle).catch(keepLost);
                    }
                },
            );
        } catch (error) {
            keepLost(error);
            if (isMissing(error, pool.folder)) throw missingFolder(error);
            const taken = error instanceof CallFailed && [operationFailed, operationInvalid].includes(error.code);
            if (!taken) throw error;
            if (tries === TRIES) return undefined;
            // Another process that lists the folders occupies it for some milliseconds.
            if (tries < TRIES / 2) await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** tries));
            else
                await unless(
                    noPool,
                    connection.using("virStoragePoolFree", lookUp(connection, pool.name), (handle) =>
                        connection.number("virStoragePoolDestroy", handle),
                    ),
                );
        }
    }
}

/** Return the result, or undefined when the work failed with this libvirt error. Other failures are thrown. */
export async function unless<T>(code: number, work: Promise<T>): Promise<T | undefined> {
    try {
        return await work;
    } catch (error) {
        if (error instanceof CallFailed && error.code === code) return undefined;
        throw error;
    }
}

/** Ignore a libvirt error, unless the connection is lost. Other errors are thrown. */
export function keepLost(error: unknown): void {
    if (!(error instanceof CallFailed) || error.lost) throw error;
}
