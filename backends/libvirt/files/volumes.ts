import { join } from "node:path";

import { KeyedQueue, type Part, UnikernelError } from "../../../model";
import type { Timeouts } from "../client";
import type { HostFile, HostFiles, ReadRange, WriteOptions } from "../host";
import { ownerIn, renderVolume } from "../xml";
import { exists, fileError, isGuestFolder, plainName, sourceChanged } from "./errors";
import type { Daemon } from "./local";
import { isAbandoned, isPlainName, UNFINISHED as mark, partOf } from "./unfinished";
import { orWithout, VolumeFolders } from "./volumeFolders";
import { signatures, sizeOf } from "./write";

/**
 * The guests' folders where this process may not write: on another machine, or owned by root while the user may manage
 * libvirt. Each folder is a storage pool of type dir, its files are volumes, and their content is transferred by
 * libvirt's streams.
 *
 * A volume has its full size from the start and cannot be renamed. So an empty volume `NAME.unfinished` marks it while
 * it is written: a marked volume counts as missing.
 */
export class VolumeFiles implements HostFiles {
    /**
     * One operation per guest at a time: each refreshes the pool, which libvirt refuses while a volume in it is
     * created.
     */
    private readonly queue = new KeyedQueue();

    private readonly folders: VolumeFolders;

    constructor(
        uri: string,
        private readonly base: string,
        timeouts?: Partial<Timeouts>,
    ) {
        this.folders = new VolumeFolders(uri, base, timeouts);
    }

    async path(uuid: string, name: string): Promise<string> {
        return join(this.base, plainName(uuid), plainName(name));
    }

    list(uuid: string): Promise<HostFile[]> {
        return this.queue.run(uuid, async () => {
            const { whole } = await this.folders.look(uuid);
            return whole.sort((a, b) => (a.name < b.name ? -1 : 1));
        });
    }

    strange(uuid: string): Promise<string[]> {
        return this.queue.run(uuid, async () => {
            const all = await this.folders.all(uuid);
            return all
                .filter(({ name, regular }) => !regular || !(isPlainName(name) || partOf(name)))
                .map(({ name }) => name)
                .sort();
        });
    }

    async put(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<void> {
        await this.write(uuid, name, parts, options, false);
    }

    putNew(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<boolean> {
        return this.write(uuid, name, parts, options, true);
    }

    private write(
        uuid: string,
        name: string,
        parts: Part[],
        { mode, digest, onProgress }: WriteOptions,
        exclusive: boolean,
    ): Promise<boolean> {
        return this.queue.run(uuid, async () => {
            const path = await this.path(uuid, name);
            const before = await signatures(parts).catch((error) => {
                throw fileError(error, `write of ${path}`, this.base);
            });
            const size = await sizeOf(parts);
            await this.folders.ask(`folder ${join(this.base, uuid)}`, "poolEnsure", [this.folders.pool(uuid)]);
            return this.folders.alone(uuid, name, async ({ whole }) => {
                const there = whole.find((file) => file.name === name);
                if (
                    there &&
                    (exclusive ||
                        (there.size === size &&
                            (digest === undefined || digest === (await this.digestThere(uuid, name)))))
                )
                    return false;
                const made = await this.folders.marked(uuid, name, async () => {
                    const xml = renderVolume({ name, size, mode });
                    await this.folders.drop(uuid, name);
                    const sent = await this.folders.ask(
                        `write of ${path}`,
                        "volumeWrite",
                        [this.folders.pool(uuid), name, xml, parts],
                        onProgress,
                    );
                    // A process that makes no announcements has created the file meanwhile: it stays.
                    if (sent === undefined) return false;
                    if (before !== (await signatures(parts)) || (digest !== undefined && sent !== digest))
                        throw sourceChanged(path, parts);
                    await this.assertKept(uuid, name, sent);
                    return true;
                });
                if (!made && !exclusive)
                    throw new UnikernelError(
                        "in-use",
                        `write of ${path}: another process created a file of that name meanwhile`,
                        { hint: "run the command again" },
                    );
                return made;
            });
        });
    }

    copy(uuid: string, from: string, to: string, { mode }: { mode: number }): Promise<void> {
        return this.queue.run(uuid, () => this.duplicate(uuid, from, to, mode));
    }

    /** The new file is readable by the daemon's user only. */
    rename(uuid: string, from: string, to: string, { replace = false } = {}): Promise<void> {
        return this.queue.run(uuid, async () => {
            const names = (await this.folders.look(uuid)).whole.map(({ name }) => name);
            if (!replace && names.includes(from) && names.includes(to))
                throw exists(await this.path(uuid, from), await this.path(uuid, to));
            await this.duplicate(uuid, from, to, 0o600);
            await this.folders.drop(uuid, from);
        });
    }

    remove(uuid: string, ...names: string[]): Promise<void> {
        return this.queue.run(uuid, async () => {
            for (const name of names) {
                await this.folders.drop(uuid, plainName(name));
                await this.folders.drop(uuid, `${name}${mark}`);
            }
        });
    }

    async guests(): Promise<string[] | undefined> {
        return (await this.folders.names())?.filter(isGuestFolder).sort();
    }

    removeFolder(uuid: string): Promise<void> {
        return this.queue.run(uuid, async () => {
            const { unfinished, announced } = await this.folders.look(uuid);
            for (const name of unfinished) {
                await this.folders.drop(uuid, name);
                await this.folders.drop(uuid, `${name}${mark}`);
            }
            for (const { file, writer } of announced) if (isAbandoned(writer, 0)) await this.folders.drop(uuid, file);
            await this.folders.ask(`removal of ${join(this.base, uuid)}`, "poolRemove", [this.folders.pool(uuid)]);
        });
    }

    read(uuid: string, name: string, { offset, length, growing = false }: ReadRange): Promise<string> {
        return this.queue.run(uuid, async () => {
            const path = await this.path(uuid, name);
            const bytes = await orWithout(
                new Uint8Array(),
                this.folders.ask(`read of ${path}`, "volumeRead", [
                    this.folders.pool(uuid),
                    name,
                    `${name}${mark}`,
                    offset ?? -length,
                    length,
                    growing,
                ]),
            );
            return Buffer.from(bytes).toString(growing ? "latin1" : "utf8");
        });
    }

    digest(uuid: string, name: string): Promise<string | undefined> {
        return this.queue.run(uuid, async () => {
            const { unfinished } = await this.folders.look(uuid);
            return unfinished.includes(plainName(name)) ? undefined : this.digestThere(uuid, name);
        });
    }

    async size(uuid: string, name: string): Promise<number | undefined> {
        return (await this.list(uuid)).find((file) => file.name === name)?.size;
    }

    owner(uuid: string, name: string): Promise<number | undefined> {
        return this.queue.run(uuid, async () => {
            const ask = this.folders.ask(`owner of ${await this.path(uuid, name)}`, "volumeXml", [
                this.folders.pool(uuid),
                name,
            ]);
            return ownerIn(await orWithout("", ask));
        });
    }

    private async digestThere(uuid: string, name: string): Promise<string | undefined> {
        return orWithout(
            undefined,
            this.folders.ask(`digest of ${await this.path(uuid, name)}`, "volumeDigest", [
                this.folders.pool(uuid),
                name,
            ]),
        );
    }

    /**
     * Read a written volume back: the daemon writes asynchronously, and has finished a stream without error on a full
     * disk.
     */
    private async assertKept(uuid: string, name: string, sent: string): Promise<void> {
        if (sent === (await this.digestThere(uuid, name))) return;
        throw new UnikernelError(
            "no-space",
            `write of ${await this.path(uuid, name)}: the file on the host differs from the content sent, although libvirt reported no error; the disk is probably full`,
            {
                hint: `free some space below ${this.base} on the host, then run the command again`,
            },
        );
    }

    /**
     * Return the operations for a folder that is written without libvirt. Another user's run may have defined its pool.
     */
    asDaemon(): Daemon {
        return {
            read: (uuid, name, range) => this.read(uuid, name, range),
            forget: (uuid) =>
                this.queue.run(uuid, () =>
                    this.folders.ask(`pool of ${uuid}`, "poolForget", [this.folders.pool(uuid).name]),
                ),
        };
    }

    private async duplicate(uuid: string, from: string, to: string, mode: number): Promise<void> {
        const source = (await this.folders.look(uuid)).whole.find(({ name }) => name === plainName(from));
        if (!source)
            throw new UnikernelError("invalid", `${await this.path(uuid, from)} cannot be copied: it does not exist`);
        const xml = renderVolume({ name: plainName(to), size: source.size, mode });
        await this.folders.alone(uuid, to, () =>
            this.folders.marked(uuid, to, async () => {
                const sent = await this.folders.ask(`copy of ${await this.path(uuid, from)} to ${to}`, "volumeCopy", [
                    this.folders.pool(uuid),
                    from,
                    to,
                    xml,
                ]);
                await this.assertKept(uuid, to, sent);
            }),
        );
    }
}
