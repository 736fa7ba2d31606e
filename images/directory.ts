import { type BigIntStats, lstatSync, readdirSync, readlinkSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { changed, errnoOf, fsError, HashCache, readContent } from "../localFiles";
import { hasCode, UnikernelError } from "../model";
import type { Entry } from "./entry";
import { type Ignored, ignoredBy } from "./ignore";

const SHOWN = 10;

/**
 * Read everything below a directory, except what the patterns leave out. Symbolic links are kept as links; the directory
 * itself may be a link.
 */
export async function readDirectory(source: string, ignore?: string[]): Promise<Entry[]> {
    const root = await realpath(source);
    const isIgnored = ignoredBy(ignore);
    return HashCache.during(
        root,
        (cache) => walk(root, source, { cache, isIgnored }),
        // Another image of this folder may hold what this one leaves out.
        (path) => isIgnored(path, false),
    );
}

async function walk(root: string, source: string, way: Walk): Promise<Entry[]> {
    const entries: Entry[] = [];
    const problems: UnikernelError[] = [];
    const keep = (error: unknown): void => {
        if (!(error instanceof UnikernelError) || hasCode(error, "changed", "timeout")) throw error;
        problems.push(error);
    };
    const folders = [""];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
        let names: string[] = [];
        try {
            names = listFolder(join(root, folder), join(source, folder));
        } catch (error) {
            keep(error);
        }
        for (const [index, name] of names.entries()) {
            const path = folder ? `${folder}/${name}` : name;
            try {
                const entry = await readEntry(join(root, path), join(source, path), path, way);
                if (entry?.type === "directory") folders.push(path);
                if (entry) entries.push(entry);
            } catch (error) {
                keep(error);
            }
            if (index % 500 === 499) await new Promise(setImmediate);
        }
    }
    if (problems.length > 0) throw joinErrors(problems);
    return entries;
}

// Synchronous calls: 10,000 files take 60 ms this way, and a second through the thread pool.
function listFolder(folder: string, shown: string): string[] {
    let names: Buffer[];
    try {
        names = readdirSync(folder, { encoding: "buffer" });
    } catch (error) {
        throw fsError(error, "read", shown);
    }
    // In a fixed order, which the file system does not keep: then a run that is cut continues where it ended.
    names.sort(Buffer.compare);
    return names.map((name) => {
        const text = name.toString("utf8");
        if (Buffer.from(text).equals(name)) return text;
        throw new UnikernelError("invalid", `the name of ${join(shown, text)} is not UTF-8`, { hint: "rename it" });
    });
}

interface Walk {
    cache: HashCache;
    isIgnored: Ignored;
}

/** @returns undefined for an entry that is left out */
async function readEntry(
    file: string,
    shown: string,
    path: string,
    { cache, isIgnored }: Walk,
): Promise<Entry | undefined> {
    try {
        const stats = lstatSync(file, { bigint: true });
        if (isIgnored(path, stats.isDirectory())) return undefined;
        if (stats.isDirectory()) return { type: "directory", path };
        if (stats.isSymbolicLink()) return { type: "symlink", path, target: readlinkSync(file) };
        if (!stats.isFile()) throw specialFileError(shown, stats);
        const { sha256, signature } = await readContent(file, stats, cache, path);
        return {
            type: "file",
            path,
            executable: (stats.mode & 0o100n) !== 0n,
            size: Number(stats.size),
            sha256,
            content: { file, signature },
        };
    } catch (error) {
        // It existed when it was listed, a moment ago.
        if (errnoOf(error) === "ENOENT") throw changed(shown);
        throw fsError(error, "read", shown);
    }
}

export function specialFileError(shown: string, stats: BigIntStats): UnikernelError {
    const kind = stats.isFIFO() ? "a named pipe" : stats.isSocket() ? "a socket" : "a device";
    return new UnikernelError("invalid", `${shown} is ${kind}: an image holds files, folders and symbolic links only`, {
        hint: "remove it, or name a folder without it",
    });
}

function joinErrors(problems: UnikernelError[]): UnikernelError {
    const [first, ...others] = problems;
    if (others.length === 0) return first!;
    const shown = problems.slice(0, SHOWN).map((problem) => problem.message.split("\n")[0]);
    const more = problems.length > SHOWN ? [`and ${problems.length - SHOWN} more`] : [];
    return new UnikernelError(first!.code, [...shown, ...more].join("; "), { hint: first!.hint });
}
