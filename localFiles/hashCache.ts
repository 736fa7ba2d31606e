import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { boundFolder, cacheFolder, makeCacheFolder } from "./cacheFolder";
import { writeWhole } from "./temporary";

const RECORDS = 256;
/**
 * Nanoseconds. A file that changed less than this before it was read may change again within one tick of its file
 * system's clock.
 */
const RACY = 2_000_000_000n;

/** The facts of stat that change with a file's content. */
export interface Signature {
    size: bigint;
    mtimeNs: bigint;
    ctimeNs: bigint;
    ino: bigint;
    dev: bigint;
}

export function signatureText({ size, mtimeNs, ctimeNs, ino, dev }: Signature): string {
    return `${size}.${mtimeNs}.${ctimeNs}.${ino}.${dev}`;
}

/** Return whether a later change could leave the same signature; git calls such an entry racy. */
export function isRacy(signature: Signature, readAt: bigint): boolean {
    return signature.mtimeNs > readAt - RACY || signature.ctimeNs > readAt - RACY;
}

/**
 * A cache of content hashes for the files of one tree, in one small file for each tree. A lost or damaged cache only
 * costs time.
 */
export class HashCache {
    private readonly seen = new Map<string, string>();
    private changed = false;

    private constructor(
        private readonly file: string,
        private readonly old: Map<string, string>,
    ) {}

    /** @param name identifies the tree: its absolute path */
    static async open(name: string): Promise<HashCache> {
        const file = join(
            cacheFolder("hashes"),
            `${createHash("sha256").update(name).digest("hex").slice(0, 32)}.json`,
        );
        return new HashCache(file, await load(file));
    }

    get(path: string, signature: string): string | undefined {
        const entry = this.old.get(path);
        if (entry === undefined || !entry.endsWith(` ${signature}`)) return undefined;
        this.seen.set(path, entry);
        return entry.slice(0, 64);
    }

    set(path: string, signature: string, sha256: string): void {
        this.seen.set(path, `${sha256} ${signature}`);
        this.changed = true;
    }

    /**
     * Keep the entries that were used or set since the cache was opened, and drop the rest. Failure to write the cache
     * is no error.
     * @param isKept whether an entry stays that was not used
     */
    async save(isKept: (path: string) => boolean = () => false): Promise<void> {
        for (const [path, entry] of this.old) if (!this.seen.has(path) && isKept(path)) this.seen.set(path, entry);
        if (!this.changed && this.seen.size === this.old.size) return;
        try {
            await boundFolder(await makeCacheFolder("hashes"), RECORDS);
            await writeWhole(this.file, JSON.stringify(Object.fromEntries(this.seen)));
        } catch {
            return;
        }
    }
}

async function load(file: string): Promise<Map<string, string>> {
    try {
        const parsed: unknown = JSON.parse(await readFile(file, "utf8"));
        const entries = Object.entries(parsed ?? {}).filter(
            ([, entry]) => typeof entry === "string" && /^[0-9a-f]{64} /.test(entry),
        );
        return new Map(entries);
    } catch {
        return new Map();
    }
}
