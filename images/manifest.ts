import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { boundFolder, cacheFolder, makeCacheFolder, writeWhole } from "../localFiles";
import type { Manifest } from "../model";

const MOST_FILES = 200;
const RECORDS = 256;

/**
 * Return the part of a manifest that goes into state: all of it up to 200 files, else one digest for each folder, with
 * keys that end in `/`. The deepest folders are joined first, until no more than 200 are left.
 */
export function summarise(manifest: Manifest): Manifest {
    const entries = Object.entries(manifest);
    if (entries.length <= MOST_FILES) return manifest;
    let depth = Math.max(...entries.map(([path]) => path.split("/").length - 1));
    for (; depth > 0; depth--) {
        const folders = group(entries, depth);
        if (folders.size <= MOST_FILES) return digests(folders);
    }
    return digests(group(entries, 0));
}

function group(entries: [string, string][], depth: number): Map<string, string[]> {
    const folders = new Map<string, string[]>();
    for (const [path, digest] of entries) {
        const folder = `${path.split("/").slice(0, -1).slice(0, depth).join("/") || "."}/`;
        const lines = folders.get(folder) ?? [];
        lines.push(`${digest} ${path}\n`);
        folders.set(folder, lines);
    }
    return folders;
}

function digests(folders: Map<string, string[]>): Manifest {
    return Object.fromEntries(
        [...folders].map(([folder, lines]) => [
            folder,
            createHash("sha256").update(lines.join("")).digest("hex").slice(0, 16),
        ]),
    );
}

/** Return the paths that were added, removed or changed, sorted. */
export function changedFiles(from: Manifest, to: Manifest): string[] {
    const before = new Map(Object.entries(from));
    const after = new Map(Object.entries(to));
    return [...new Set([...before.keys(), ...after.keys()])]
        .filter((path) => before.get(path) !== after.get(path))
        .sort();
}

function manifestPath(digest: string): string {
    return join(cacheFolder("manifests"), `${digest}.json`);
}

/** Save the whole manifest of an image in the cache. Failure to write the cache is no error. */
export async function saveManifest(digest: string, manifest: Manifest): Promise<void> {
    const text = JSON.stringify(manifest);
    try {
        const kept = await stat(manifestPath(digest)).catch(() => undefined);
        if (kept?.size === Buffer.byteLength(text)) return;
        await boundFolder(await makeCacheFolder("manifests"), RECORDS);
        await writeWhole(manifestPath(digest), text);
    } catch {
        return;
    }
}

/**
 * Return the whole manifest of an image that was identified on this machine; undefined when it is missing or damaged.
 */
export async function loadManifest(digest: string): Promise<Manifest | undefined> {
    try {
        const parsed: unknown = JSON.parse(await readFile(manifestPath(digest), "utf8"));
        const entries = Object.entries(parsed ?? {});
        return entries.every(([, value]) => typeof value === "string") ? Object.fromEntries(entries) : undefined;
    } catch {
        return undefined;
    }
}
