import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, open, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { throwIfEnded, type Part } from "../../../spec";
import type { HostFile, HostFiles } from "../host";
import { fileError, plainName } from "./errors";
import { isTemporary, sweep, syncFolder, writeWhole } from "./write";

/** Others may pass through to a file whose name they know (QEMU must), and list nothing. */
const folderMode = 0o711;

/** What the daemon can do for a user who owns the folder but is not root. */
export interface Daemon {
    read(uuid: string, name: string, range: { offset?: number; length: number }): Promise<string>;
    forget(uuid: string): Promise<void>;
}

/** The guests' folders on this machine's file system. */
export class LocalFiles implements HostFiles {
    /**
     * @param base the folder that holds one folder a guest
     * @param daemon reads what this user may not: a console log is root's
     */
    constructor(private readonly base: string, private readonly daemon?: Daemon) {}

    async path(uuid: string, name: string): Promise<string> {
        return join(this.folder(uuid), plainName(name));
    }

    list(uuid: string): Promise<HostFile[]> {
        return this.tell(`list of ${this.folder(uuid)}`, async () => {
            const files: HostFile[] = [];
            for (const name of await readdir(this.folder(uuid)).catch(ifMissing([] as string[]))) {
                const facts = await stat(join(this.folder(uuid), name)).catch(ifMissing(undefined));
                if (facts?.isFile() && !isTemporary(name)) files.push({ name, size: facts.size });
            }
            return files.sort((a, b) => (a.name < b.name ? -1 : 1));
        });
    }

    async put(uuid: string, name: string, parts: Part[], options: { mode: number; onProgress?(bytes: number): void }): Promise<void> {
        const path = await this.path(uuid, name);
        await this.tell(`write of ${path}`, async () => {
            await this.makeFolder(uuid);
            const size = await sizeOf(parts);
            const there = await stat(path).catch(ifMissing(undefined));
            if (there?.isFile() && there.size === size) return;
            await writeWhole(path, parts, options.mode, options.onProgress);
        });
    }

    async copy(uuid: string, from: string, to: string, options: { mode: number }): Promise<void> {
        const [source, path] = [await this.path(uuid, from), await this.path(uuid, to)];
        await this.tell(`copy of ${source} to ${path}`, async () => {
            await sweep(this.folder(uuid));
            await writeWhole(path, [{ file: source }], options.mode);
        });
    }

    async rename(uuid: string, from: string, to: string): Promise<void> {
        const [source, path] = [await this.path(uuid, from), await this.path(uuid, to)];
        await this.tell(`rename of ${source} to ${path}`, async () => {
            await rename(source, path);
            await syncFolder(this.folder(uuid));
        });
    }

    async remove(uuid: string, ...names: string[]): Promise<void> {
        await Promise.all(names.map(async (name) => {
            const path = await this.path(uuid, name);
            await this.tell(`removal of ${path}`, () => rm(path, { force: true }).catch(unlessGone(path)));
        }));
    }

    async removeFolder(uuid: string): Promise<void> {
        const folder = this.folder(uuid);
        await this.daemon?.forget(uuid);
        await this.tell(`removal of ${folder}`, async () => {
            await sweep(folder).catch(ifMissing(undefined));
            await rmdir(folder).catch((error) => {
                if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(error.code)) return unlessGone(folder)(error);
            });
        });
    }

    async read(uuid: string, name: string, range: { offset?: number; length: number }): Promise<string> {
        const path = await this.path(uuid, name);
        return this.tell(`read of ${path}`, async () => {
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
                return buffer.toString("utf8", 0, bytesRead);
            } finally {
                await file.close();
            }
        });
    }

    async digest(uuid: string, name: string): Promise<string | undefined> {
        const path = await this.path(uuid, name);
        return this.tell(`digest of ${path}`, async () => {
            const hash = createHash("sha256");
            try {
                for await (const piece of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
                    throwIfEnded();
                    hash.update(piece as Buffer);
                }
            } catch (error) {
                return ifMissing(undefined)(error);
            }
            return hash.digest("hex");
        });
    }

    private folder(uuid: string): string {
        return join(this.base, plainName(uuid));
    }

    private async makeFolder(uuid: string): Promise<void> {
        for (const folder of [this.base, this.folder(uuid)]) {
            // Of our own making only: a base that the user made keeps the user's mode.
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

/** True when it was not there. */
async function makeOne(folder: string): Promise<boolean> {
    try {
        await mkdir(folder, { mode: folderMode });
        return true;
    } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === "EEXIST") return false;
        // The folders above (~/.local/share) are as everybody's are.
        if (code === "ENOENT") return (await mkdir(folder, { recursive: true })) !== undefined;
        throw error;
    }
}

async function sizeOf(parts: Part[]): Promise<number> {
    let size = 0;
    for (const part of parts) size += "bytes" in part ? part.bytes.length : (await stat(part.file)).size;
    return size;
}

function ifMissing<T>(instead: T): (error: unknown) => T {
    return (error) => {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return instead;
        throw error;
    };
}

/** A file system that is read-only now refuses to remove what was never there, too. */
function unlessGone(path: string): (error: unknown) => Promise<void> {
    return async (error) => {
        if (await stat(path).catch(ifMissing(undefined))) throw error;
    };
}
