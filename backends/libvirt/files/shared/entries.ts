import { lstat, mkdir, readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";

import { digestOf } from "../write";
import { SHARED_MODE } from "./shareable";

/** The folder beside the guests' folders. ssh/scripts.ts has the same format, so that both use one host's content. */
export const SHARED_FOLDER = "shared";

/**
 * The modification time of a file in the store, in seconds: another one shows that the file was written to. The ctime
 * cannot show it, since link(2) and chown(2) change it too.
 */
export const UNCHANGED = 1;

const digestName = /^[0-9a-f]{64}$/;

/** A file in the store, which is named by its sha256. */
export interface Entry {
    digest: string;
    inode: bigint;
}

/** Size, owner, times and link count of a file. */
export type Facts = NonNullable<Awaited<ReturnType<typeof factsOf>>>;

/** The files in the store, and those whose content this process has compared with their digest. */
export class Entries {
    /** Inode and size at the comparison, by digest. */
    private readonly verified = new Map<string, string>();
    /** The digest of each known file, by inode. */
    private inodes?: Map<bigint, string>;
    private readonly folder: string;

    /** @param base the folder with one folder for each guest */
    constructor(base: string) {
        this.folder = join(base, SHARED_FOLDER);
    }

    path(digest: string): string {
        return join(this.folder, digest);
    }

    /**
     * Return the file of a digest. Its content is compared once for each process, inode and size. A file that was
     * changed is removed from the store; guests that have it keep it.
     */
    async verify(digest: string): Promise<Entry | undefined> {
        const before = await factsOf(this.path(digest));
        if (!before) return undefined;
        const entry = { digest, inode: before.ino };
        if (isUnchanged(before)) {
            if (this.verified.get(digest) === signatureOf(before)) return entry;
            const content = await digestOf(this.path(digest));
            const after = await factsOf(this.path(digest));
            if (!after) return undefined;
            if (content === digest && isUnchanged(after) && signatureOf(after) === signatureOf(before)) {
                await this.add(entry.digest, before);
                return entry;
            }
        }
        await this.remove(digest);
        return undefined;
    }

    /** Record a file that was just written, or compared with its digest. */
    async add(digest: string, facts: Facts): Promise<void> {
        this.verified.set(digest, signatureOf(facts));
        (await this.known()).set(facts.ino, digest);
    }

    /** Remove a file from the store. Guests that have a link to it keep its content. */
    async remove(digest: string): Promise<void> {
        this.verified.delete(digest);
        await rm(this.path(digest), { force: true });
    }

    /** Remove a file that no guest has a link to. */
    async removeUnused(digest: string): Promise<void> {
        const facts = await factsOf(this.path(digest));
        if (facts?.nlink !== 1n) return;
        await this.remove(digest);
        this.inodes?.delete(facts.ino);
    }

    /** Return the entry that a guest's file is a link to. */
    async entryOf(facts: Facts | undefined): Promise<Entry | undefined> {
        if (!facts?.isFile() || facts.nlink < 2n) return undefined;
        const found = await this.findEntry(facts);
        if (found) return found;
        // Another process may have added it since the folder was read.
        this.inodes = undefined;
        return this.findEntry(facts);
    }

    async makeFolder(): Promise<void> {
        await mkdir(this.folder, { recursive: true, mode: 0o711 });
    }

    /** Remove the folder if it is empty, and we may. */
    async removeFolder(): Promise<void> {
        await rmdir(this.folder).catch((error: NodeJS.ErrnoException) => {
            if (!["ENOENT", "ENOTEMPTY", "EEXIST", "ENOTDIR", "EACCES", "EPERM", "EROFS"].includes(error.code ?? ""))
                throw error;
        });
    }

    /** Return the digests in the store; [] for a user who may not list it. */
    async digests(): Promise<string[]> {
        const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
            if (["ENOENT", "ENOTDIR", "EACCES"].includes(error.code ?? "")) return [];
            throw error;
        });
        return names.filter((name) => digestName.test(name));
    }

    private async findEntry({ ino }: Facts): Promise<Entry | undefined> {
        const digest = (await this.known()).get(ino);
        const stored = digest && (await factsOf(this.path(digest)));
        return stored && stored.ino === ino ? { digest, inode: ino } : undefined;
    }

    private async known(): Promise<Map<bigint, string>> {
        if (this.inodes) return this.inodes;
        const inodes = new Map<bigint, string>();
        for (const digest of await this.digests()) {
            const facts = await factsOf(this.path(digest));
            if (facts) inodes.set(facts.ino, digest);
        }
        return (this.inodes = inodes);
    }
}

export async function factsOf(path: string) {
    return lstat(path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT" && error.code !== "ENOTDIR") throw error;
        return undefined;
    });
}

function signatureOf({ ino, size }: Facts): string {
    return `${ino} ${size}`;
}

function isUnchanged(facts: Facts): boolean {
    return (
        facts.isFile() &&
        facts.mtimeNs === BigInt(UNCHANGED) * 1_000_000_000n &&
        (Number(facts.mode) & 0o777) === SHARED_MODE
    );
}
