import { createHash } from "node:crypto";
import { realpath, stat } from "node:fs/promises";
import { fsError, HashCache, readContent } from "../localFiles";
import { type Problem, UnikernelError } from "../model";
import { specialFileError } from "./directory";
import type { Entry, FileEntry, ImageSource } from "./entry";

export type SourceMap = Exclude<ImageSource, string>;

/** Return the property path of an entry, in Pulumi's notation. */
export function entryProperty(path: string): string {
    return `source[${JSON.stringify(path)}]`;
}

/**
 * Return the problems of a map's paths: those that cannot be paths inside an image, and those that clash with another.
 */
export function mapProblems(source: Record<string, unknown>): Problem[] {
    const problems: Problem[] = [];
    const files = new Map<string, string>();
    for (const path of Object.keys(source)) {
        const reason =
            pathProblem(path) ??
            (files.has(inside(path)) ? `is the same path as ${files.get(inside(path))}` : undefined);
        if (reason) problems.push({ property: entryProperty(path), reason });
        else files.set(inside(path), path);
    }
    for (const [path, written] of files) {
        const parent = parents(path).find((folder) => files.has(folder));
        if (parent !== undefined)
            problems.push({
                property: entryProperty(written),
                reason: `needs a folder where ${files.get(parent)} is a file`,
            });
    }
    return problems;
}

/** Read a map whose values are all known. Folders are created as the paths need them. */
export async function readMap(source: SourceMap): Promise<Entry[]> {
    const [problem] = mapProblems(source);
    if (problem) throw new UnikernelError("invalid", problem.reason, { property: problem.property });
    const name = JSON.stringify(
        Object.entries(source).map(([path, value]) => (typeof value === "string" ? path : [path, value.asset])),
    );
    return HashCache.during(name, async (cache) => {
        const entries: Entry[] = [];
        const folders = new Set<string>();
        for (const [written, value] of Object.entries(source)) {
            const path = inside(written);
            for (const folder of parents(path)) folders.add(folder);
            entries.push(
                typeof value === "string" ? textEntry(path, value) : await readAsset(written, value.asset, cache),
            );
        }
        return [...[...folders].map((path): Entry => ({ type: "directory", path })), ...entries];
    });
}

/**
 * Read a local file that is named directly: symbolic links are followed, unlike within a directory.
 * @param key of its entry in the cache
 */
export async function readLocal(shown: string, path: string, cache: HashCache, key = path): Promise<FileEntry> {
    try {
        const file = await realpath(shown);
        const stats = await stat(file, { bigint: true });
        if (stats.isDirectory()) throw new UnikernelError("invalid", `${shown} is a folder where a file is expected`);
        if (!stats.isFile()) throw specialFileError(shown, stats);
        const { sha256, signature } = await readContent(file, stats, cache, key);
        return {
            type: "file",
            path,
            executable: (stats.mode & 0o100n) !== 0n,
            size: Number(stats.size),
            sha256,
            content: { file, signature },
        };
    } catch (error) {
        throw fsError(error, "read", shown);
    }
}

async function readAsset(written: string, asset: string, cache: HashCache): Promise<FileEntry> {
    try {
        return await readLocal(asset, inside(written), cache);
    } catch (error) {
        if (!(error instanceof UnikernelError)) throw error;
        throw new UnikernelError(error.code, error.message.split("\n")[0]!, {
            property: entryProperty(written),
            hint: error.hint,
            cause: error,
        });
    }
}

function textEntry(path: string, text: string): FileEntry {
    const bytes = Buffer.from(text);
    return {
        type: "file",
        path,
        executable: false,
        size: bytes.length,
        sha256: createHash("sha256").update(bytes).digest("hex"),
        content: { text },
    };
}

function inside(path: string): string {
    return path.startsWith("/") ? path.slice(1) : path;
}

function parents(path: string): string[] {
    const parts = path.split("/");
    return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
}

function pathProblem(path: string): string | undefined {
    const parts = inside(path).split("/");
    if (path.includes("\0")) return "has a zero byte in it";
    if (/\p{Surrogate}/u.test(path)) return "is not well-formed Unicode";
    if (parts.some((part) => part === "." || part === ".."))
        return "must not have . or .. in it: it is a path inside the image";
    if (parts.some((part) => part === "")) return "has an empty part: write it like html/index.html";
    if (parts.some((part) => Buffer.byteLength(part) > 255)) return "has a part of more than 255 bytes";
    return undefined;
}
