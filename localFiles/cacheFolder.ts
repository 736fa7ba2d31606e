import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fsError } from "./fsError";

/**
 * Folders of the cache: images by digest, content hashes, full manifests, users of an image, records of built files;
 * notes of unfinished burns, deletions, creates and self-tests; console output; and the holder of each MAC, port or
 * uuid.
 */
export type CacheRoom =
    | "images"
    | "hashes"
    | "manifests"
    | "users"
    | "built"
    | "burns"
    | "deletions"
    | "creations"
    | "selftests"
    | "identities"
    | "consoles"
    | "accelerators"
    | "runs";

/** Return a folder of the cache (XDG Base Directory Specification: $XDG_CACHE_HOME, by default ~/.cache). */
export function cacheFolder(room: CacheRoom): string {
    const base = process.env.XDG_CACHE_HOME;
    // The specification requires that a relative path is ignored.
    return join(base?.startsWith("/") ? base : join(homedir(), ".cache"), "pulumi-unikernel", room);
}

export async function makeCacheFolder(room: CacheRoom): Promise<string> {
    const folder = cacheFolder(room);
    try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
        throw fsError(error, "make the cache folder", folder);
    }
    return folder;
}

/** Remove the oldest records of a folder when it has too many. */
export async function boundFolder(folder: string, records: number): Promise<void> {
    const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
    if (names.length < records) return;
    const aged = await Promise.all(
        names.map(async (name) => {
            const path = join(folder, name);
            return {
                path,
                at: await stat(path).then(
                    (stats) => stats.mtimeMs,
                    () => 0,
                ),
            };
        }),
    );
    aged.sort((a, b) => b.at - a.at);
    for (const { path } of aged.slice(records / 2)) await rm(path, { force: true });
}
