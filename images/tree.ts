import { realpath, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { fsError, HashCache } from "../localFiles";
import { UnikernelError } from "../model";
import { readDirectory } from "./directory";
import type { Entry, FileEntry, ImageSource, Tree } from "./entry";
import { readLocal, readMap } from "./map";

/**
 * Read a source: list it and hash its files.
 * @param holds `file`: a folder is refused before it is read
 * @param ignore patterns of entries that are left out; refused for anything but a folder
 * @throws UnikernelError `not-found`, `permission`, `invalid` (a special file, a name that is not UTF-8, an unsafe
 * path), `changed` (a file changed while it was read); for a map with the property path of the entry
 */
export async function readTree(
    source: ImageSource,
    holds: "tree" | "file" = "tree",
    ignore: string[] = [],
): Promise<Tree> {
    if (typeof source !== "string") {
        if (ignore.length > 0) throw ignoreError("`source` is a map, which names each of its files");
        return finish(await readMap(source), true);
    }
    const root = resolve(source);
    const stats = await stat(root).catch((error: unknown) => {
        throw fsError(error, "read", source);
    });
    if (stats.isDirectory() && holds === "file") {
        throw new UnikernelError("invalid", `${source} is a folder, and this format holds one file`, {
            property: "source",
            hint: "name a file, or use iso9660, ext2 or ext4 for a folder",
        });
    }
    if (stats.isDirectory()) return finish(await readDirectory(source, ignore), false);
    if (ignore.length > 0) throw ignoreError(`${source} is a file`);
    // With the key of hashFile: a disk may be the source of an image here, and a guest's block elsewhere.
    const entry = await HashCache.during(await realpath(root), (cache) => readLocal(source, basename(root), cache, ""));
    return finish([entry], true);
}

function finish(found: Entry[], mayBeSingle: boolean): Tree {
    // A separator below every other character sorts a folder directly before its entries.
    const keyed = found.map((entry) => ({ key: entry.path.replaceAll("/", "\0"), entry }));
    keyed.sort((a, b) => (a.key < b.key ? -1 : 1));
    const entries = keyed.map(({ entry }) => entry);
    const files = entries.filter((entry): entry is FileEntry => entry.type === "file");
    return {
        entries,
        files: files.length,
        bytes: files.reduce((sum, file) => sum + file.size, 0),
        single: mayBeSingle && files.length === 1 ? files[0] : undefined,
    };
}

function ignoreError(found: string): UnikernelError {
    return new UnikernelError("invalid", `${found}: patterns are for the entries of a folder; leave \`ignore\` out`, {
        property: "ignore",
    });
}
