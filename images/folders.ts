import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fsError } from "./fsError";

/** What the cache folder holds: images by digest, content hashes, full manifests, who uses an image, what was built where, which burns, deletions, creates and self-tests have begun, what consoles said, which resource has which MAC, port or uuid. */
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
    | "consoles";

/** A folder of the cache (XDG Base Directory Specification: $XDG_CACHE_HOME, by default ~/.cache). */
export function cacheFolder(room: CacheRoom): string {
    const base = process.env.XDG_CACHE_HOME;
    // The specification says that a relative path is to be ignored.
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

/** Keeps a folder of small records to its newest ones. */
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
