import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";

import { hasCode, type Part, puttingRight, throwIfEnded, UnikernelError } from "../../../spec";
import { type MethodArgs, type MethodName, type MethodResult, request, type Timeouts } from "../client";
import type { HostFile, HostFiles } from "../host";
import { fileError, plainName } from "./errors";
import type { Daemon } from "./local";
import { renderPool, renderVolume } from "./storageXml";

/** Beside a file that is not whole yet: libvirt cannot rename a volume. */
const mark = ".unfinished";
const folderMode = 0o711;

/**
 * The guests' folders where this process may not write: on another machine, or owned by root while
 * the user may manage libvirt. Each folder is a storage pool of type dir, its files are volumes, and
 * what is in them goes through libvirt's streams.
 *
 * A volume has its whole size from the start and cannot be renamed, so an empty volume
 * `NAME.unfinished` stands beside it while it is written: what is marked is as good as not there.
 */
export class VolumeFiles implements HostFiles {
    /** A pool is refreshed before each use, which libvirt refuses while a volume of it is made. */
    private readonly turns = new Map<string, Promise<unknown>>();

    constructor(private readonly uri: string, private readonly base: string, private readonly timeouts?: Partial<Timeouts>) {}

    async path(uuid: string, name: string): Promise<string> {
        return join(this.base, plainName(uuid), plainName(name));
    }

    list(uuid: string): Promise<HostFile[]> {
        return this.inTurn(uuid, async () => {
            const { whole } = await this.look(uuid);
            return whole.sort((a, b) => (a.name < b.name ? -1 : 1));
        });
    }

    put(uuid: string, name: string, parts: Part[], options: { mode: number; onProgress?(bytes: number): void }): Promise<void> {
        return this.inTurn(uuid, async () => {
            const path = await this.path(uuid, name);
            const size = await sizeOf(parts).catch((error) => {
                throw fileError(error, `write of ${path}`, this.base);
            });
            await this.ask(`folder ${join(this.base, uuid)}`, "poolEnsure", [this.pool(uuid)]);
            const { whole } = await this.look(uuid);
            if (whole.some((file) => file.name === name && file.size === size)) return;
            await this.marked(uuid, name, async () => {
                await this.ask(`write of ${path}`, "volumeWrite", [this.pool(uuid), name, renderVolume({ name, size, mode: options.mode }), parts], options.onProgress);
                await this.assertWritten(uuid, name, parts);
            });
        });
    }

    copy(uuid: string, from: string, to: string, { mode }: { mode: number }): Promise<void> {
        return this.inTurn(uuid, () => this.duplicate(uuid, from, to, mode));
    }

    /** The new file is readable by the daemon's user only. */
    rename(uuid: string, from: string, to: string): Promise<void> {
        return this.inTurn(uuid, async () => {
            await this.duplicate(uuid, from, to, 0o600);
            await this.drop(uuid, from);
        });
    }

    remove(uuid: string, ...names: string[]): Promise<void> {
        return this.inTurn(uuid, async () => {
            for (const name of names) {
                await this.drop(uuid, plainName(name));
                await this.drop(uuid, `${name}${mark}`);
            }
        });
    }

    removeFolder(uuid: string): Promise<void> {
        return this.inTurn(uuid, async () => {
            for (const name of (await this.look(uuid)).unfinished) {
                await this.drop(uuid, name);
                await this.drop(uuid, `${name}${mark}`);
            }
            await this.ask(`removal of ${join(this.base, uuid)}`, "poolRemove", [this.pool(uuid)]);
        });
    }

    read(uuid: string, name: string, { offset, length }: { offset?: number; length: number }): Promise<string> {
        return this.inTurn(uuid, async () => {
            const path = await this.path(uuid, name);
            const bytes = await orWithout(new Uint8Array(), this.ask(`read of ${path}`, "volumeRead", [this.pool(uuid), name, offset ?? -length, length]));
            return Buffer.from(bytes).toString("utf8");
        });
    }

    digest(uuid: string, name: string): Promise<string | undefined> {
        return this.inTurn(uuid, async () => {
            const path = await this.path(uuid, name);
            return orWithout(undefined, this.ask(`digest of ${path}`, "volumeDigest", [this.pool(uuid), name]));
        });
    }

    /** The daemon writes behind its stream, and was seen to end it well although the disk was full: so it is read back. */
    private async assertWritten(uuid: string, name: string, parts: Part[]): Promise<void> {
        const path = await this.path(uuid, name);
        const [sent, kept] = await Promise.all([digestOf(parts), this.ask(`digest of ${path}`, "volumeDigest", [this.pool(uuid), name])]);
        if (sent === kept) return;
        throw new UnikernelError("no-space", `write of ${path}: the host does not hold what was sent, and libvirt reported no error; the disk is probably full`, {
            hint: `free some space below ${this.base} on the host, then run the command again`,
        });
    }

    /** For a folder that the user writes to without libvirt. */
    asDaemon(): Daemon {
        return {
            read: (uuid, name, range) => this.read(uuid, name, range),
            forget: (uuid) => this.inTurn(uuid, () => this.ask(`pool of ${uuid}`, "poolRemove", [this.pool(uuid)])),
        };
    }

    private pool(uuid: string): MethodArgs<"poolEnsure">[0] {
        const name = `pulumi-unikernel-${uuid}`;
        return { name, xml: renderPool({ name, uuid, folder: join(this.base, uuid), mode: folderMode }) };
    }

    private async look(uuid: string): Promise<{ whole: HostFile[]; unfinished: string[] }> {
        const all = await orWithout([], this.ask(`list of ${join(this.base, uuid)}`, "poolList", [this.pool(uuid)]));
        const unfinished = all.filter(({ name }) => name.endsWith(mark)).map(({ name }) => name.slice(0, -mark.length));
        return { whole: all.filter(({ name }) => !name.endsWith(mark) && !unfinished.includes(name)), unfinished };
    }

    private async duplicate(uuid: string, from: string, to: string, mode: number): Promise<void> {
        const source = (await this.look(uuid)).whole.find(({ name }) => name === plainName(from));
        if (!source) throw new UnikernelError("invalid", `${await this.path(uuid, from)} is not there to be copied`);
        const xml = renderVolume({ name: plainName(to), size: source.size, mode });
        await this.marked(uuid, to, async () => {
            await this.ask(`copy of ${await this.path(uuid, from)} to ${to}`, "volumeCopy", [this.pool(uuid), from, to, xml]);
        });
    }

    /** A mark that stays, because this process is killed, is taken away by the next write or removal. */
    private async marked(uuid: string, name: string, write: () => Promise<void>): Promise<void> {
        const file = `${plainName(name)}${mark}`;
        await this.ask(`mark of ${name}`, "volumeWrite", [this.pool(uuid), file, renderVolume({ name: file, size: 0, mode: 0o600 }), []]);
        try {
            await write();
        } catch (error) {
            // A full disk is not helped by half a file; the error is the first one, whatever this says.
            await puttingRight(() => this.drop(uuid, name).then(() => this.drop(uuid, file)).catch(() => undefined));
            throw error;
        }
        await this.drop(uuid, file);
    }

    private async drop(uuid: string, name: string): Promise<void> {
        await orWithout(undefined, this.ask(`removal of ${name}`, "volumeDelete", [this.pool(uuid), name]));
    }

    private ask<M extends MethodName>(what: string, method: M, args: MethodArgs<M>, progress?: (bytes: number) => void): Promise<MethodResult<M>> {
        return request(this.uri, method, args, what, { timeouts: this.timeouts, progress });
    }

    private inTurn<T>(uuid: string, work: () => Promise<T>): Promise<T> {
        const turn = (this.turns.get(uuid) ?? Promise.resolve()).then(work, work);
        this.turns.set(uuid, turn);
        return turn;
    }
}

async function sizeOf(parts: Part[]): Promise<number> {
    let size = 0;
    for (const part of parts) size += "bytes" in part ? part.bytes.length : (await stat(part.file)).size;
    return size;
}

/** No pool and no volume are no error here: the guest has no files yet, or none any more. */
async function orWithout<T, U>(instead: U, work: Promise<T>): Promise<T | U> {
    return work.catch((error) => {
        if (hasCode(error, "not-found")) return instead;
        throw error;
    });
}

async function digestOf(parts: Part[]): Promise<string> {
    const hash = createHash("sha256");
    for (const part of parts) {
        if ("bytes" in part) hash.update(part.bytes);
        else for await (const piece of createReadStream(part.file)) {
            throwIfEnded();
            hash.update(piece as Buffer);
        }
    }
    return hash.digest("hex");
}
