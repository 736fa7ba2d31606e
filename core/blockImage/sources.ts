import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { ignoredBy } from "../../images";
import { contains } from "../../localFiles";
import { isUnknown } from "../handlers";

/** A file, or a folder without what the patterns leave out. */
export interface Source {
    path: string;
    ignore?: string[];
}

/** Files and folders from which the data images of this run are built, by digest. */
const sources = new Map<string, Source[]>();

/** Note the source of an image: a path, or a map of texts and of files (`{ asset: path }`). */
export function noteSource(digest: unknown, source: unknown, ignore: unknown): void {
    if (typeof digest !== "string" || isUnknown(digest)) return;
    const patterns = Array.isArray(ignore) ? (ignore as string[]) : undefined;
    const found = pathsOf(source).map((path) => ({ path, ignore: patterns }));
    if (found.length > 0) sources.set(digest, found);
}

/** Return whether a file or folder of a source is not on this machine. */
export function isSourceAbsent(source: unknown): boolean {
    return !pathsOf(source).every((path) => existsSync(path));
}

function pathsOf(source: unknown): string[] {
    const values: unknown[] =
        typeof source === "string"
            ? [source]
            : Object.values(Object(source) as object).map((entry: unknown) => Object(entry).asset);
    return values.filter((value) => typeof value === "string").map((path) => resolve(path));
}

/** Return the files and folders from which the image of a digest is built; none where this run did not check it. */
export function sourcesOf(digest: string): Source[] {
    return sources.get(digest) ?? [];
}

/**
 * Return whether an image that is written at `path` would become part of the image of a source. It is written beside
 * `path` first, under another name: so the patterns have to leave out its folder.
 */
export async function wouldHold({ path: source, ignore }: Source, path: string): Promise<boolean> {
    if (!(await contains(source, path))) return false;
    const below = await pathBelow(source, dirname(path));
    return below === undefined || !ignoredBy(ignore)(below, true);
}

/** Return the path of a folder below a source; undefined where it lies outside, or is left out. */
export async function heldFolder({ path: source, ignore }: Source, folder: string): Promise<string | undefined> {
    const below = await pathBelow(source, folder);
    return below === undefined || ignoredBy(ignore)(below, true) ? undefined : below;
}

/** Return the path below a folder, of which neither is a link; undefined for the folder itself and what is outside. */
async function pathBelow(root: string, path: string): Promise<string | undefined> {
    const real = (one: string): Promise<string> => realpath(one).catch(() => resolve(one));
    const below = relative(await real(root), await real(path));
    return below === "" || below === ".." || below.startsWith("../") ? undefined : below;
}
