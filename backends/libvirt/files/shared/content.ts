import { link, lstat, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { KeyedQueue } from "../../../../model";
import { sourceChanged } from "../errors";
import { sourceDigest } from "../source";
import { partName } from "../unfinished";
import { digestOf, replace, type Writing, writeWhole } from "../write";
import { Entries, factsOf, UNCHANGED } from "./entries";
import { SHARED_MODE } from "./shareable";

/**
 * The content that several guests use: each content once, in a file that is named by its sha256 and linked into the
 * guests' folders. It is unused when no guest has a link to it. Its file is never written again, and we never change
 * its owner, which libvirt does: a repair is a new file.
 */
export class SharedContent {
    private readonly entries: Entries;
    private readonly queue = new KeyedQueue();
    private tidied = false;

    /** @param base the folder with one folder for each guest */
    constructor(base: string) {
        this.entries = new Entries(base);
    }

    /**
     * Make a guest's file of a local source. The first of several callers writes it; the others wait and make a link.
     * The caller syncs the guest's folder.
     * @throws UnikernelError `changed` where the source has another digest than expected
     */
    async put(path: string, source: string, options: Writing): Promise<void> {
        const digest = await sourceDigest(source);
        if (options.digest !== undefined && options.digest !== digest) throw sourceChanged(path, [{ file: source }]);
        await this.queue.run(digest, () => this.make(path, source, { ...options, digest }));
    }

    /**
     * Let a guest's own copy become a link to the store, which gets the content where it lacks it. The guest must be
     * off, since QEMU would keep the former inode open. The caller syncs the guest's folder.
     * @returns whether the file was replaced
     */
    async adopt(path: string): Promise<boolean> {
        const facts = await factsOf(path);
        if (!facts?.isFile() || (Number(facts.mode) & 0o777) !== SHARED_MODE) return false;
        if (await this.entries.entryOf(facts)) return false;
        const digest = await digestOf(path);
        if (digest === undefined) return false;
        await this.queue.run(digest, () => this.make(path, path, { mode: SHARED_MODE, digest }));
        return true;
    }

    /** Return the digest of a guest's file that the store has, and whose content this process has verified. */
    async digestOf(path: string): Promise<string | undefined> {
        const entry = await this.entries.entryOf(await factsOf(path));
        if (!entry) return undefined;
        const verified = await this.queue.run(entry.digest, () => this.entries.verify(entry.digest));
        return verified?.inode === entry.inode ? entry.digest : undefined;
    }

    /** Remove a guest's file, and its content when no other guest has a link to it. */
    async remove(path: string): Promise<void> {
        const entry = await this.entries.entryOf(await factsOf(path).catch(() => undefined));
        await rm(path, { force: true });
        if (entry) await this.queue.run(entry.digest, () => this.entries.removeUnused(entry.digest));
    }

    /** Remove the unused content that killed runs left, once for each process, and the empty folder of the store. */
    async tidy(): Promise<void> {
        if (!this.tidied) {
            this.tidied = true;
            for (const digest of await this.entries.digests())
                await this.queue.run(digest, () => this.entries.removeUnused(digest));
        }
        await this.entries.removeFolder();
    }

    private async make(path: string, source: string, options: Writing & { digest: string }): Promise<void> {
        const { digest } = options;
        const from = await this.linkOrSource(path, source, digest);
        if (from === undefined) return;
        await writeWhole(path, [{ file: from }], {
            ...options,
            mtime: UNCHANGED,
            onComplete: (part) => this.add(part, digest),
        });
    }

    /** Link the store's file to a path. @returns undefined, or the file to copy where that cannot be */
    private async linkOrSource(path: string, source: string, digest: string): Promise<string | undefined> {
        if (!(await this.entries.verify(digest))) return source;
        const stored = this.entries.path(digest);
        const part = join(dirname(path), partName(basename(path)));
        try {
            await link(stored, part);
            await replace(part, path);
            return undefined;
        } catch (error) {
            switch ((error as NodeJS.ErrnoException).code) {
                // Another process removed it: no guest used it.
                case "ENOENT":
                    return source;
                // The inode has as many links as its file system allows. Its guests keep it; the store gets a second.
                case "EMLINK":
                    await this.entries.remove(digest);
                    return source;
                // No links on this file system, or none to a file of another user (fs.protected_hardlinks, proc(5)).
                case "EPERM":
                case "EACCES":
                case "EOPNOTSUPP":
                case "ENOTSUP":
                case "ENOSYS":
                case "EXDEV":
                    return stored;
                default:
                    throw error;
            }
        } finally {
            // A rename between two links to one inode keeps both (rename(2)).
            await rm(part, { force: true });
        }
    }

    /** Add a complete, synced file to the store. Where there are no links, the guest's file stays a private copy. */
    private async add(part: string, digest: string): Promise<void> {
        const addLink = (): Promise<void> => link(part, this.entries.path(digest));
        try {
            await addLink().catch(async (error: NodeJS.ErrnoException) => {
                if (error.code !== "ENOENT") throw error;
                await this.entries.makeFolder();
                await addLink();
            });
        } catch {
            return;
        }
        await this.entries.add(digest, await lstat(part, { bigint: true }));
    }
}
