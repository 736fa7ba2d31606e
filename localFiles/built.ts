import { createHash } from "node:crypto";
import { readFile, rm, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cacheFolder, makeCacheFolder } from "./cacheFolder";
import { hashFile } from "./content";
import { writeWhole } from "./temporary";

/** The record of a built file, kept in the cache to prove later that the file is complete and built by this package. */
export interface Built {
    path: string;
    digest: string;
    sha256: string;
    size: number;
    /** Nanoseconds, decimal. With `ino`, this shows without reading the file that it is untouched. */
    mtimeNs: string;
    ino: string;
    /**
     * sha256 of the file that the build replaces. If the build is killed before its last step, that file is still in
     * place.
     */
    before?: string;
}

function recordPath(path: string): string {
    return join(cacheFolder("built"), `${createHash("sha256").update(resolve(path)).digest("hex").slice(0, 32)}.json`);
}

/**
 * Record a build before the image is renamed into place, so that a build killed between the two still recognises its
 * file.
 */
export async function recordBuilt(record: Built): Promise<void> {
    await makeCacheFolder("built");
    const before = (await findBuilt(record.path))?.sha256;
    await writeWhole(recordPath(record.path), JSON.stringify({ ...record, before }));
}

/** Return the record of a path, if the file there is still exactly the one that was built. */
export async function findBuilt(path: string): Promise<Built | undefined> {
    const record = await loadRecord(path);
    if (!record) return undefined;
    try {
        const stats = await stat(path, { bigint: true });
        if (!stats.isFile() || Number(stats.size) !== record.size) return undefined;
        const untouched = String(stats.mtimeNs) === record.mtimeNs && String(stats.ino) === record.ino;
        return untouched || (await hashFile(path)) === record.sha256 ? record : undefined;
    } catch {
        return undefined;
    }
}

/**
 * Return whether the file at a path was built by this package, in the last build or the one before, and is unchanged.
 */
export async function isBuiltByUs(path: string): Promise<boolean> {
    if (await findBuilt(path)) return true;
    const before = (await loadRecord(path))?.before;
    return before !== undefined && (await hashFile(path).catch(() => undefined)) === before;
}

export async function forgetBuilt(path: string): Promise<void> {
    await rm(recordPath(path), { force: true });
}

async function loadRecord(path: string): Promise<Built | undefined> {
    try {
        const parsed: unknown = JSON.parse(await readFile(recordPath(path), "utf8"));
        return isBuilt(parsed) && parsed.path === resolve(path) ? parsed : undefined;
    } catch {
        return undefined;
    }
}

function isBuilt(value: unknown): value is Built {
    if (value === null || typeof value !== "object") return false;
    const record = value as Partial<Record<keyof Built, unknown>>;
    return (
        typeof record.size === "number" &&
        [record.path, record.digest, record.sha256, record.mtimeNs, record.ino].every(
            (field) => typeof field === "string",
        )
    );
}
