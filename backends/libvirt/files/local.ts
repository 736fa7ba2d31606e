import { chmod, link, lstat, mkdir, open, rename, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "../../../localFiles";

import { type Part, UnikernelError } from "../../../model";
import type { HostFile, HostFiles, ReadRange, WriteOptions } from "../host";
import { exists, fileError, isGuestFolder, plainName } from "./errors";
import { FolderSync } from "./folderSync";
import { entriesOf } from "./missing";
import { hasSharedName, SharedContent, shareableSource } from "./shared";
import { isPlainName, partOf, UNFINISHED } from "./unfinished";
import { digestOf, removeHalves, sizeOf, sweep, writeWhole } from "./write";

/** Other users may open a file whose name they know, as QEMU must, but not list the folder. */
const folderMode = 0o711;

/** Operations of libvirt's daemon for a process that otherwise writes to the folder itself. */
export interface Daemon {
    /** Read a file for a user who owns the folder but is not root. */
    read(uuid: string, name: string, range: ReadRange): Promise<string>;
    /** Undefine the guest's storage pool, which another user's run may have defined. */
    forget(uuid: string): Promise<void>;
}

/** The guests' folders on this machine's file system. */
export class LocalFiles implements HostFiles {
    private readonly shared: SharedContent;
    private readonly folderSync = new FolderSync();

    /**
     * @param base the folder with one folder per guest
     * @param daemon reads files that this user may not read: console logs belong to root
     */
    constructor(
        private readonly base: string,
        private readonly daemon?: Daemon,
    ) {
        this.shared = new SharedContent(base);
    }

    async path(uuid: string, name: string): Promise<string> {
        return join(this.folder(uuid), plainName(name));
    }

    list(uuid: string): Promise<HostFile[]> {
        return this.tell(`list of ${this.folder(uuid)}`, async () => {
            const names = (await entriesOf(this.folder(uuid))).map(({ name }) => name);
            const files: HostFile[] = [];
            for (const name of names) {
                if (!isPlainName(name) || name.endsWith(UNFINISHED) || names.includes(`${name}${UNFINISHED}`)) continue;
                const facts = await lstat(join(this.folder(uuid), name)).catch(ifMissing(undefined));
                if (facts?.isFile()) files.push({ name, size: facts.size });
            }
            return files.sort((a, b) => (a.name < b.name ? -1 : 1));
        });
    }

    strange(uuid: string): Promise<string[]> {
        return this.tell(`list of ${this.folder(uuid)}`, async () => {
            const entries = await entriesOf(this.folder(uuid));
            return entries
                .filter((entry) => !(entry.isFile() && (isPlainName(entry.name) || partOf(entry.name))))
                .map(({ name }) => name)
                .sort();
        });
    }

    async put(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<void> {
        const path = await this.path(uuid, name);
        await this.tell(`write of ${path}`, async () => {
            await this.makeFolder(uuid);
            await this.folderSync.run(this.folder(uuid), async () => {
                const size = await sizeOf(parts);
                const there = await this.whole(path);
                if (
                    there?.size === size &&
                    (options.digest === undefined || (await this.digest(uuid, name)) === options.digest)
                )
                    return false;
                const source = shareableSource(name, options.mode, parts);
                if (source === undefined) await writeWhole(path, parts, options);
                else await this.shared.put(path, source, options);
                return true;
            });
        });
    }

    async putNew(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<boolean> {
        const path = await this.path(uuid, name);
        return this.tell(`write of ${path}`, async () => {
            await this.makeFolder(uuid);
            const write = async (): Promise<boolean> =>
                !(await this.whole(path)) && writeWhole(path, parts, { ...options, exclusive: true });
            return options.transient ? write() : this.folderSync.run(this.folder(uuid), write);
        });
    }

    async copy(uuid: string, from: string, to: string, options: { mode: number; transient?: boolean }): Promise<void> {
        const [source, path] = [await this.path(uuid, from), await this.path(uuid, to)];
        await this.tell(`copy of ${source} to ${path}`, async () => {
            await sweep(this.folder(uuid));
            const write = () => writeWhole(path, [{ file: source }], options);
            await (options.transient ? write() : this.folderSync.run(this.folder(uuid), write));
        });
    }

    async rename(uuid: string, from: string, to: string, { replace = false, transient = false } = {}): Promise<void> {
        const [source, path] = [await this.path(uuid, from), await this.path(uuid, to)];
        await this.tell(`rename of ${source} to ${path}`, async () => {
            if (replace) await rename(source, path);
            else {
                // rename(2) silently replaces a file, link(2) does not.
                await link(source, path).catch((error: NodeJS.ErrnoException) => {
                    throw error.code === "EEXIST" ? exists(source, path) : error;
                });
                await rm(source);
            }
            if (!transient) await syncFolder(this.folder(uuid));
        });
    }

    async remove(uuid: string, ...names: string[]): Promise<void> {
        await Promise.all(
            names.map(async (name) => {
                const path = await this.path(uuid, name);
                // Remove the file before its mark: an incomplete file must not look complete.
                await this.tell(`removal of ${path}`, () => this.shared.remove(path).catch(unlessGone(path)));
                const mark = `${path}${UNFINISHED}`;
                await this.tell(`removal of ${mark}`, () => rm(mark, { force: true }).catch(unlessGone(mark)));
            }),
        );
    }

    async share(uuid: string, names: string[]): Promise<void> {
        const paths = await Promise.all(names.filter(hasSharedName).map((name) => this.path(uuid, name)));
        await Promise.all(
            paths.map((path) =>
                this.tell(`link of ${path}`, () =>
                    this.folderSync.run(
                        this.folder(uuid),
                        async () => (await this.whole(path)) !== undefined && this.shared.adopt(path),
                    ),
                ),
            ),
        );
    }

    guests(): Promise<string[]> {
        return this.tell(`list of ${this.base}`, async () =>
            (await entriesOf(this.base))
                .map(({ name }) => name)
                .filter(isGuestFolder)
                .sort(),
        );
    }

    async removeFolder(uuid: string): Promise<void> {
        const folder = this.folder(uuid);
        await this.daemon?.forget(uuid);
        await this.tell(`removal of ${folder}`, async () => {
            await removeHalves(folder)
                .then(() => sweep(folder))
                .catch(ifMissing(undefined));
            await rmdir(folder).catch((error) => {
                if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(error.code)) return unlessGone(folder)(error);
            });
            await this.shared.tidy();
        });
    }

    async read(uuid: string, name: string, range: ReadRange): Promise<string> {
        const path = await this.path(uuid, name);
        return this.tell(`read of ${path}`, async () => {
            if (await lstat(`${path}${UNFINISHED}`).catch(ifMissing(undefined))) return "";
            const file = await open(path, "r").catch((error) => {
                if (this.daemon && error.code === "EACCES") return this.daemon;
                return ifMissing(undefined)(error);
            });
            if (!file) return "";
            if (!("close" in file)) return file.read(uuid, name, range);
            try {
                const { size } = await file.stat();
                const start = range.offset ?? Math.max(0, size - range.length);
                const buffer = Buffer.alloc(Math.max(0, Math.min(range.length, size - start)));
                const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
                return buffer.toString(range.growing ? "latin1" : "utf8", 0, bytesRead);
            } finally {
                await file.close();
            }
        });
    }

    async digest(uuid: string, name: string): Promise<string | undefined> {
        const path = await this.path(uuid, name);
        return this.tell(`digest of ${path}`, async () => {
            if (!(await this.whole(path))) return undefined;
            const known = await this.shared.digestOf(path);
            return known ?? digestOf(path);
        });
    }

    async size(uuid: string, name: string): Promise<number | undefined> {
        const path = await this.path(uuid, name);
        return this.tell(`size of ${path}`, async () => {
            const [facts, unfinished] = await Promise.all(
                [path, `${path}${UNFINISHED}`].map((one) => stat(one).catch(ifMissing(undefined))),
            );
            return facts?.isFile() && !unfinished ? facts.size : undefined;
        });
    }

    async owner(uuid: string, name: string): Promise<number | undefined> {
        const path = await this.path(uuid, name);
        return this.tell(`owner of ${path}`, async () => (await lstat(path).catch(ifMissing(undefined)))?.uid);
    }

    /** Return the size of a complete file; undefined where there is none, or only an incomplete one. */
    private async whole(path: string): Promise<{ size: number } | undefined> {
        const facts = await lstat(path).catch(ifMissing(undefined));
        if (!facts) return undefined;
        if (!facts.isFile())
            throw new UnikernelError("not-ours", `${path} is not a plain file`, { hint: "move it away" });
        return (await lstat(`${path}${UNFINISHED}`).catch(ifMissing(undefined))) ? undefined : facts;
    }

    private folder(uuid: string): string {
        return join(this.base, plainName(uuid));
    }

    private async makeFolder(uuid: string): Promise<void> {
        for (const folder of [this.base, this.folder(uuid)]) {
            // Only for folders that we created: a base that the user created keeps its mode.
            if (await makeOne(folder)) await chmod(folder, folderMode);
        }
        await sweep(this.folder(uuid));
    }

    private async tell<T>(what: string, work: () => Promise<T>): Promise<T> {
        try {
            return await work();
        } catch (error) {
            throw fileError(error, what, this.base);
        }
    }
}

/** Create a folder. @returns false when it existed */
async function makeOne(folder: string): Promise<boolean> {
    try {
        await mkdir(folder, { mode: folderMode });
        return true;
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "EEXIST") return false;
        // The parents (~/.local/share) get the default mode.
        if (code === "ENOENT") return (await mkdir(folder, { recursive: true })) !== undefined;
        throw error;
    }
}

function ifMissing<T>(instead: T): (error: unknown) => T {
    return (error) => {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return instead;
        throw error;
    };
}

/** Ignore a failed removal of a file that does not exist: a read-only file system refuses that, too. */
function unlessGone(path: string): (error: unknown) => Promise<void> {
    return async (error) => {
        if (await stat(path).catch(ifMissing(undefined))) throw error;
    };
}
