import { abortable, detached, hasCode, type Part } from "../../../../model";
import type { FileBatches, Guard, HostFile, HostFiles, ReadRange, WriteOptions } from "../../host";
import type { VolumeFiles } from "../volumes";
import type { SshConnection } from "./connection";
import { SshFiles } from "./files";

/**
 * The files of a host whose libvirt is reached over ssh: also over ssh where the user may write there, otherwise as
 * libvirt's storage volumes. The choice is made once; after a failed connection it is made again.
 */
export class RemoteFiles implements HostFiles {
    private chosen?: Promise<HostFiles>;
    /** Storage volumes have single calls only. */
    readonly batch: FileBatches = {
        listAll: async (uuid) => {
            const way = await this.way();
            if (way.batch) return way.batch.listAll(uuid);
            return { files: await way.list(uuid), strange: await way.strange(uuid) };
        },
        removeAll: async (uuid, names) => {
            const way = await this.way();
            if (way.batch) return way.batch.removeAll(uuid, names);
            if (names.length > 0) await way.remove(uuid, ...names);
            await way.removeFolder(uuid);
        },
        removeGuard: async (uuid, guard) => {
            const way = await this.way();
            if (way.batch) return way.batch.removeGuard(uuid, guard);
            if ((await textOf(way, uuid, guard)) === guard.text) await way.remove(uuid, guard.name);
        },
        putInEmpty: async (uuid, put) => {
            const way = await this.way();
            return way.batch?.putInEmpty(uuid, put) ?? { files: await way.list(uuid), made: false };
        },
        putGuarded: async (uuid, puts, guard) => {
            const way = await this.way();
            if (way.batch) return way.batch.putGuarded(uuid, puts, guard);
            return (await textOf(way, uuid, guard)) === guard.text ? [] : "lost";
        },
        renameGuarded: async (uuid, guard, renames) => (await this.way()).batch?.renameGuarded(uuid, guard, renames),
        removeAllUnless: async (uuid, unless, names) => (await this.way()).batch?.removeAllUnless(uuid, unless, names),
    };

    /** @param volumes undefined for a session, whose folder only its host knows */
    constructor(
        private readonly connection: SshConnection,
        private readonly volumes?: VolumeFiles,
    ) {}

    async path(uuid: string, name: string): Promise<string> {
        return (await this.way()).path(uuid, name);
    }

    async list(uuid: string): Promise<HostFile[]> {
        return (await this.way()).list(uuid);
    }

    async strange(uuid: string): Promise<string[]> {
        return (await this.way()).strange(uuid);
    }

    async put(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<void> {
        return (await this.way()).put(uuid, name, parts, options);
    }

    async putNew(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<boolean> {
        return (await this.way()).putNew(uuid, name, parts, options);
    }

    async copy(uuid: string, from: string, to: string, options: { mode: number }): Promise<void> {
        return (await this.way()).copy(uuid, from, to, options);
    }

    async rename(uuid: string, from: string, to: string, options?: { replace?: boolean }): Promise<void> {
        return (await this.way()).rename(uuid, from, to, options);
    }

    async remove(uuid: string, ...names: string[]): Promise<void> {
        return (await this.way()).remove(uuid, ...names);
    }

    async guests(): Promise<string[] | undefined> {
        return (await this.way()).guests();
    }

    async removeFolder(uuid: string): Promise<void> {
        return (await this.way()).removeFolder(uuid);
    }

    async read(uuid: string, name: string, range: ReadRange): Promise<string> {
        return (await this.way()).read(uuid, name, range);
    }

    async digest(uuid: string, name: string): Promise<string | undefined> {
        return (await this.way()).digest(uuid, name);
    }

    async size(uuid: string, name: string): Promise<number | undefined> {
        return (await this.way()).size(uuid, name);
    }

    async owner(uuid: string, name: string): Promise<number | undefined> {
        return (await this.way()).owner(uuid, name);
    }

    private way(): Promise<HostFiles> {
        return abortable(
            (this.chosen ??= detached(() =>
                this.choose().catch((error: unknown) => {
                    this.chosen = undefined;
                    throw error;
                }),
            )),
        );
    }

    /** Return whether files are accessed through libvirt, because the login may not write there or has no shell. */
    async byLibvirt(): Promise<boolean> {
        return (await this.way()) === this.volumes;
    }

    private async choose(): Promise<HostFiles> {
        if (!this.volumes) return new SshFiles(this.connection);
        try {
            const { uid, writable } = await this.connection.facts();
            if (uid === 0) return new SshFiles(this.connection);
            return writable ? new SshFiles(this.connection, this.volumes.asDaemon()) : this.volumes;
        } catch (error) {
            // libvirt's own ssh or libssh may still connect: without a usable shell or ssh program, use volumes.
            if (hasCode(error, "unsupported", "program-missing")) return this.volumes;
            throw error;
        }
    }
}

function textOf(files: HostFiles, uuid: string, { name, text }: Guard): Promise<string> {
    return files.read(uuid, name, { offset: 0, length: Buffer.byteLength(text) + 1 });
}
