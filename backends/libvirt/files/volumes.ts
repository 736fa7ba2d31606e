import { stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { hasCode, type Part, puttingRight, UnikernelError, unlessEnded } from "../../../spec";
import { type MethodArgs, type MethodName, type MethodResult, request, type Timeouts, type VolumeRecord } from "../client";
import type { HostFile, HostFiles, WriteOptions } from "../host";
import { exists, fileError, isUuid, plainName, sourceChanged } from "./errors";
import type { Daemon } from "./local";
import { changedAt, renderPool, renderVolume } from "./storageXml";
import { describeWriter, isAbandoned, isPlainName, partName, partOf, UNFINISHED as mark } from "./unfinished";
import { signatures } from "./write";

const folderMode = 0o711;
const HOUR = 3_600_000;

/** Milliseconds for another process that writes the same file. */
const WAIT_MS = 60_000;

/** What a folder holds, by what it is to this package. */
interface Look {
    whole: HostFile[];
    /** Names of which half a file may be there. */
    unfinished: string[];
    announced: { file: string; name: string; writer: string }[];
}

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

    strange(uuid: string): Promise<string[]> {
        return this.inTurn(uuid, async () => {
            const all = await this.all(uuid);
            return all.filter(({ name, regular }) => !regular || !(isPlainName(name) || partOf(name))).map(({ name }) => name).sort();
        });
    }

    async put(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<void> {
        await this.write(uuid, name, parts, options, false);
    }

    putNew(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<boolean> {
        return this.write(uuid, name, parts, options, true);
    }

    private write(uuid: string, name: string, parts: Part[], { mode, digest, onProgress }: WriteOptions, exclusive: boolean): Promise<boolean> {
        return this.inTurn(uuid, async () => {
            const path = await this.path(uuid, name);
            const before = await signatures(parts).catch((error) => {
                throw fileError(error, `write of ${path}`, this.base);
            });
            const size = await sizeOf(parts);
            await this.ask(`folder ${join(this.base, uuid)}`, "poolEnsure", [this.pool(uuid)]);
            return this.alone(uuid, name, async ({ whole }) => {
                const there = whole.find((file) => file.name === name);
                if (there && (exclusive || (there.size === size && (digest === undefined || digest === await this.digestThere(uuid, name))))) return false;
                const made = await this.marked(uuid, name, async () => {
                    const xml = renderVolume({ name, size, mode });
                    await this.drop(uuid, name);
                    const sent = await this.ask(`write of ${path}`, "volumeWrite", [this.pool(uuid), name, xml, parts], onProgress);
                    // A process that knows nothing of announcements made one meanwhile: it stays.
                    if (sent === undefined) return false;
                    if (before !== await signatures(parts) || (digest !== undefined && sent !== digest)) throw sourceChanged(path, parts);
                    await this.assertKept(uuid, name, sent);
                    return true;
                });
                if (!made && !exclusive) throw new UnikernelError("in-use", `write of ${path}: another process made a file of that name meanwhile`, { hint: "run the command again" });
                return made;
            });
        });
    }

    copy(uuid: string, from: string, to: string, { mode }: { mode: number }): Promise<void> {
        return this.inTurn(uuid, () => this.duplicate(uuid, from, to, mode));
    }

    /** The new file is readable by the daemon's user only. */
    rename(uuid: string, from: string, to: string, { replace = false } = {}): Promise<void> {
        return this.inTurn(uuid, async () => {
            const names = (await this.look(uuid)).whole.map(({ name }) => name);
            if (!replace && names.includes(from) && names.includes(to)) throw exists(await this.path(uuid, from), await this.path(uuid, to));
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

    async guests(): Promise<string[] | undefined> {
        const name = "pulumi-unikernel-folders";
        const pool = { name, folder: this.base, xml: renderPool({ name, folder: this.base, mode: folderMode }) };
        return (await orWithout([], this.ask(`list of ${this.base}`, "folderList", [pool])))?.filter(isUuid).sort();
    }

    removeFolder(uuid: string): Promise<void> {
        return this.inTurn(uuid, async () => {
            const { unfinished, announced } = await this.look(uuid);
            for (const name of unfinished) {
                await this.drop(uuid, name);
                await this.drop(uuid, `${name}${mark}`);
            }
            for (const { file, writer } of announced) if (isAbandoned(writer, 0)) await this.drop(uuid, file);
            await this.ask(`removal of ${join(this.base, uuid)}`, "poolRemove", [this.pool(uuid)]);
        });
    }

    read(uuid: string, name: string, { offset, length }: { offset?: number; length: number }): Promise<string> {
        return this.inTurn(uuid, async () => {
            const path = await this.path(uuid, name);
            const bytes = await orWithout(new Uint8Array(), this.ask(`read of ${path}`, "volumeRead", [this.pool(uuid), name, `${name}${mark}`, offset ?? -length, length]));
            return Buffer.from(bytes).toString("utf8");
        });
    }

    digest(uuid: string, name: string): Promise<string | undefined> {
        return this.inTurn(uuid, async () => {
            const { unfinished } = await this.look(uuid);
            return unfinished.includes(plainName(name)) ? undefined : this.digestThere(uuid, name);
        });
    }

    private async digestThere(uuid: string, name: string): Promise<string | undefined> {
        return orWithout(undefined, this.ask(`digest of ${await this.path(uuid, name)}`, "volumeDigest", [this.pool(uuid), name]));
    }

    /** The daemon writes behind its stream, and was seen to end it well although the disk was full: so it is read back. */
    private async assertKept(uuid: string, name: string, sent: string): Promise<void> {
        if (sent === await this.digestThere(uuid, name)) return;
        throw new UnikernelError("no-space", `write of ${await this.path(uuid, name)}: the host does not hold what was sent, and libvirt reported no error; the disk is probably full`, {
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
        const name = `pulumi-unikernel-${uuid}`, folder = join(this.base, plainName(uuid));
        return { name, folder, xml: renderPool({ name, uuid, folder, mode: folderMode }) };
    }

    private all(uuid: string): Promise<VolumeRecord[]> {
        return orWithout([], this.ask(`list of ${join(this.base, uuid)}`, "poolList", [this.pool(uuid)]));
    }

    private async look(uuid: string): Promise<Look> {
        const all = await this.all(uuid);
        const unfinished = all.filter(({ name }) => isPlainName(name) && name.endsWith(mark)).map(({ name }) => name.slice(0, -mark.length));
        const whole = all.filter(({ name, regular }) => regular && isPlainName(name) && !name.endsWith(mark) && !unfinished.includes(name));
        const announced = all.flatMap(({ name: file }) => {
            const part = partOf(file);
            return part ? [{ file, ...part }] : [];
        });
        return { whole: whole.map(({ name, size }) => ({ name, size })), unfinished, announced };
    }

    private async duplicate(uuid: string, from: string, to: string, mode: number): Promise<void> {
        const source = (await this.look(uuid)).whole.find(({ name }) => name === plainName(from));
        if (!source) throw new UnikernelError("invalid", `${await this.path(uuid, from)} is not there to be copied`);
        const xml = renderVolume({ name: plainName(to), size: source.size, mode });
        await this.alone(uuid, to, () => this.marked(uuid, to, async () => {
            const sent = await this.ask(`copy of ${await this.path(uuid, from)} to ${to}`, "volumeCopy", [this.pool(uuid), from, to, xml]);
            await this.assertKept(uuid, to, sent);
        }));
    }

    /**
     * Works on a name while no other process does: each announces itself and then looks, and goes on only when it sees no other. So of
     * two at most one goes on, and both try again when they see each other. What is half written is marked by the one that goes on.
     */
    private async alone<T>(uuid: string, name: string, work: (look: Look) => Promise<T>): Promise<T> {
        const end = Date.now() + WAIT_MS;
        for (;;) {
            const own = partName(plainName(name), "volume");
            await this.make(uuid, own);
            try {
                const look = await this.look(uuid);
                const others = look.announced.filter((other) => other.name === name && other.file !== own);
                const living: string[] = [];
                for (const { file, writer } of others) {
                    if (isAbandoned(writer, 0) || await this.isOld(uuid, own, file, name)) await this.drop(uuid, file);
                    else living.push(writer);
                }
                if (living.length === 0) return await work(look);
                if (Date.now() > end) {
                    throw new UnikernelError("in-use", `write of ${await this.path(uuid, name)}: ${describeWriter(living[0]!)} writes it too`, {
                        hint: "let it finish, then run again; what a process left that is gone counts no more after an hour",
                    });
                }
            } finally {
                await puttingRight(() => this.drop(uuid, own).catch(() => undefined));
            }
            await unlessEnded(delay(50 + Math.random() * 200));
        }
    }

    /** A writer on another machine cannot be asked. By the host's own clock, neither its announcement nor its file was written to for an hour. */
    private async isOld(uuid: string, own: string, file: string, name: string): Promise<boolean> {
        const [now, ...times] = await Promise.all([own, file, name].map(async (one) =>
            changedAt(await orWithout("", this.ask(`time of ${one}`, "volumeXml", [this.pool(uuid), one])))));
        return now !== undefined && now - Math.max(...times.map((time) => time ?? 0)) > HOUR;
    }

    private async make(uuid: string, name: string): Promise<void> {
        await this.ask(`mark ${name}`, "volumeWrite", [this.pool(uuid), name, renderVolume({ name, size: 0, mode: 0o600 }), []]);
    }

    /** A mark that stays, because this process is killed, is taken away by the next write or removal. */
    private async marked<T>(uuid: string, name: string, write: () => Promise<T>): Promise<T> {
        const file = `${plainName(name)}${mark}`;
        // One that is there stays: without it, half a file would look whole.
        await this.make(uuid, file);
        let result: T;
        try {
            result = await write();
        } catch (error) {
            // A full disk is not helped by half a file; the error is the first one, whatever this says.
            await puttingRight(() => this.drop(uuid, name).then(() => this.drop(uuid, file)).catch(() => undefined));
            throw error;
        }
        await this.drop(uuid, file);
        return result;
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
