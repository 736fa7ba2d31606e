import { resolve } from "node:path";
import { isUnknown } from "../handlers";

/** Files and folders from which the data images of this run are built, by digest. */
const sources = new Map<string, string[]>();

/** Note the source of an image: a path, or a map of texts and of files (`{ asset: path }`). */
export function noteSource(digest: unknown, source: unknown): void {
    if (typeof digest !== "string" || isUnknown(digest)) return;
    const values: unknown[] =
        typeof source === "string"
            ? [source]
            : Object.values(Object(source) as object).map((entry: unknown) => Object(entry).asset);
    const paths = values.filter((value) => typeof value === "string").map((path) => resolve(path));
    if (paths.length > 0) sources.set(digest, paths);
}

/** Return the files and folders from which the image of a digest is built; none where this run did not check it. */
export function sourcesOf(digest: string): string[] {
    return sources.get(digest) ?? [];
}
