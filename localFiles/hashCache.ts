import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { KeyedQueue } from "../model";
import { boundFolder, cacheFolder, makeCacheFolder } from "./cacheFolder";
import { writeWhole } from "./temporary";

const RECORDS = 256;
/**
 * Nanoseconds. A file that changed less than this before it was read may change again within one tick of its file
 * system's clock.
 */
const RACY = 2_000_000_000n;

/** An entry that took longer than this, in milliseconds, is not left to the end of its tree, which may never come. */
const KEEP_AFTER = 1000;
/** Bytes of a file that is not left to the end either. */
const KEEP_FROM = 16 * 1024 * 1024;

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

/** Return the milliseconds until a signature is no longer racy; 0 when it is not, or lies in the future. */
export function racyFor({ mtimeNs, ctimeNs }: Signature, now: bigint): number {
    const left = (mtimeNs > ctimeNs ? mtimeNs : ctimeNs) + RACY - now;
    return left > 0n && left <= RACY ? Number(left / 1_000_000n) + 1 : 0;
}

/** Two readers of one tree at once would hash everything twice, and each drop what the other found. */
const queue = new KeyedQueue();

/**
 * A cache of content hashes for the files of one tree, in one small file for each tree. A lost or damaged cache only
 * costs time.
 */
export class HashCache {
    private readonly seen = new Map<string, string>();
    private changed = false;
    private keptAt = Date.now();

    private constructor(
        private readonly file: string,
        private readonly old: Map<string, string>,
    ) {}

    /**
     * Run work with the cache of a tree. Afterwards, the entries that were used or set are kept, and the rest is
     * dropped. Where the work fails, all are kept.
     * @param name identifies the tree: its absolute path
     * @param isKept whether an entry stays that was not used
     */
    static during<T>(
        name: string,
        work: (cache: HashCache) => Promise<T>,
        isKept: (path: string) => boolean = () => false,
    ): Promise<T> {
        return queue.run(name, async () => {
            const cache = await HashCache.open(name);
            try {
                const result = await work(cache);
                await cache.save(isKept);
                return result;
            } catch (error) {
                await cache.keep();
                throw error;
            }
        });
    }

    private static async open(name: string): Promise<HashCache> {
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

    /** Add an entry. It is written at once where its loss would cost much, since the process may be killed. */
    async set(path: string, signature: string, sha256: string, size: bigint): Promise<void> {
        this.seen.set(path, `${sha256} ${signature}`);
        this.changed = true;
        if (size >= KEEP_FROM || Date.now() - this.keptAt > KEEP_AFTER) await this.keep();
    }

    /** Write all entries that are known, those of files that were not reached too. */
    private async keep(): Promise<void> {
        if (this.changed) await this.write(new Map([...this.old, ...this.seen]));
        this.changed = false;
        this.keptAt = Date.now();
    }

    private async save(isKept: (path: string) => boolean): Promise<void> {
        const left = [...this.old].filter(([path]) => !this.seen.has(path) && isKept(path));
        const whole = new Map([...left, ...this.seen]);
        if (this.changed || [...this.old.keys()].some((path) => !whole.has(path))) await this.write(whole);
    }

    /** Failure to write the cache is no error. */
    private async write(entries: Map<string, string>): Promise<void> {
        try {
            await boundFolder(await makeCacheFolder("hashes"), RECORDS);
            await writeWhole(this.file, JSON.stringify(Object.fromEntries(entries)));
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
