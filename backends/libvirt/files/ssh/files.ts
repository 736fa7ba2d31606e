import { posix } from "node:path";

import { type Part, UnikernelError } from "../../../../spec";
import type { HostFile, HostFiles } from "../../host";
import { fileError, plainName } from "../errors";
import type { Daemon } from "../local";
import type { SshConnection } from "./connection";
import { putThere } from "./put";
import { COPY, DIGEST, KNOWN, LIST, READ, REMOVE, REMOVE_FOLDER, RENAME } from "./scripts";

/**
 * The guests' folders on a host that is reached by ssh. Beside them lies `shared`: what several guests
 * have in common is sent once and is one inode with each guest's file, until no guest has it any more.
 */
export class SshFiles implements HostFiles {
    /** @param daemon reads what this user may not: a console log is root's */
    constructor(private readonly connection: SshConnection, private readonly daemon?: Daemon) {}

    async path(uuid: string, name: string): Promise<string> {
        return posix.join(await this.folder(uuid), plainName(name));
    }

    async list(uuid: string): Promise<HostFile[]> {
        const folder = await this.folder(uuid);
        const { out } = await this.connection.ask({ what: `list of ${folder}`, script: LIST, words: [folder] });
        const files = [...out.toString("utf8").matchAll(/^regular (?:empty )?file:(\d+):(.+)$/gm)].map(([, size, name]) => ({ name: name!, size: Number(size) }));
        return files.sort((a, b) => (a.name < b.name ? -1 : 1));
    }

    async put(uuid: string, name: string, parts: Part[], options: { mode: number; onProgress?(bytes: number): void }): Promise<void> {
        const [base, folder, path] = [await this.base(), await this.folder(uuid), await this.path(uuid, name)];
        await putThere(this.connection, { base, folder, name }, parts, options.mode, options.onProgress).catch((error: unknown) => {
            // A source that cannot be read.
            throw error instanceof UnikernelError ? error : fileError(error, `write of ${path}`, base);
        });
    }

    async copy(uuid: string, from: string, to: string, { mode }: { mode: number }): Promise<void> {
        const [folder, source] = [await this.folder(uuid), await this.path(uuid, from)];
        await this.connection.ask({ what: `copy of ${source} to ${to}`, script: COPY, words: [folder, from, plainName(to), mode.toString(8)], long: true });
    }

    async rename(uuid: string, from: string, to: string): Promise<void> {
        const [folder, source] = [await this.folder(uuid), await this.path(uuid, from)];
        await this.connection.ask({ what: `rename of ${source} to ${to}`, script: RENAME, words: [folder, from, plainName(to)], repeat: false });
    }

    async remove(uuid: string, ...names: string[]): Promise<void> {
        const folder = await this.folder(uuid);
        await this.connection.ask({ what: `removal of ${posix.join(folder, names.join(", "))}`, script: REMOVE, words: [folder, await this.store(), ...names.map(plainName)] });
    }

    async removeFolder(uuid: string): Promise<void> {
        const folder = await this.folder(uuid);
        await this.daemon?.forget(uuid);
        await this.connection.ask({ what: `removal of ${folder}`, script: REMOVE_FOLDER, words: [folder, await this.store()] });
    }

    async read(uuid: string, name: string, range: { offset?: number; length: number }): Promise<string> {
        const path = await this.path(uuid, name);
        const words = [path, range.offset === undefined ? "" : String(range.offset), String(range.length)];
        try {
            const { out } = await this.connection.ask({ what: `read of ${path}`, script: READ, words });
            return out.toString("utf8");
        } catch (error) {
            if (this.daemon && error instanceof UnikernelError && error.code === "permission") return this.daemon.read(uuid, name, range);
            throw error;
        }
    }

    async digest(uuid: string, name: string): Promise<string | undefined> {
        const [path, store] = [await this.path(uuid, name), await this.store()];
        const ask = { what: `digest of ${path}`, words: [path, store] };
        // What is shared has its digest for a name.
        const { out: known } = await this.connection.ask({ ...ask, script: KNOWN });
        const said = known.toString("latin1").trim();
        if (said === "none") return undefined;
        const { out } = said ? { out: known } : await this.connection.ask({ ...ask, script: DIGEST, long: true });
        return /^[0-9a-f]{64}/.exec(out.toString("latin1"))?.[0];
    }

    private async folder(uuid: string): Promise<string> {
        return posix.join(await this.base(), plainName(uuid));
    }

    private async store(): Promise<string> {
        return posix.join(await this.base(), "shared");
    }

    private async base(): Promise<string> {
        return this.connection.base || (await this.connection.facts()).base;
    }
}
