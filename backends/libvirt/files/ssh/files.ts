import { posix } from "node:path";

import { type Part, UnikernelError } from "../../../../model";
import type { FileBatches, HostFile, HostFiles, ReadRange, WriteOptions } from "../../host";
import { exists, fileError, isGuestFolder, plainName } from "../errors";
import type { Daemon } from "../local";
import { SHARED_FOLDER } from "../shared";
import { SshBatches } from "./batches";
import type { SshConnection } from "./connection";
import { type Entry, entriesIn, filesIn, strangeIn } from "./entries";
import { putThere, syncWord } from "./put";
import {
    COPY,
    DIGEST,
    EXISTS,
    FOLDERS,
    KNOWN,
    KNOWN_EACH,
    LIST,
    OWNER,
    READ,
    READ_EACH,
    REMOVE,
    REMOVE_FOLDER,
    RENAME,
    SIZE,
    SIZE_EACH,
} from "./scripts";
import { answerOf } from "./together";

/**
 * The guests' folders on a host that is reached by ssh. A folder `shared` beside them holds content that several guests
 * use: it is sent once, and shares an inode with each guest's file, until the last guest drops it.
 */
export class SshFiles implements HostFiles {
    readonly batch: FileBatches;

    /** @param daemon reads files that this user may not read: console logs belong to root */
    constructor(
        private readonly connection: SshConnection,
        private readonly daemon?: Daemon,
    ) {
        const batches = new SshBatches(
            connection,
            () => this.base(),
            async (uuid) => daemon?.forget(uuid),
        );
        this.batch = {
            listAll: async (uuid) => {
                const all = await this.all(uuid);
                return { files: filesIn(all), strange: strangeIn(all) };
            },
            removeAll: (uuid, names) => batches.removeAll(uuid, names),
            removeGuard: (uuid, guard) => batches.removeGuard(uuid, guard),
            putInEmpty: (uuid, put) => batches.putInEmpty(uuid, put),
            putGuarded: (uuid, puts, guard) => batches.putGuarded(uuid, puts, guard),
            renameGuarded: (uuid, guard, renames) => batches.renameGuarded(uuid, guard, renames),
            removeAllUnless: (uuid, unless, names) => batches.removeAllUnless(uuid, unless, names),
        };
    }

    async path(uuid: string, name: string): Promise<string> {
        return posix.join(await this.folder(uuid), plainName(name));
    }

    async list(uuid: string): Promise<HostFile[]> {
        return filesIn(await this.all(uuid));
    }

    async strange(uuid: string): Promise<string[]> {
        return strangeIn(await this.all(uuid));
    }

    async put(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<void> {
        await this.write(uuid, name, parts, options, false);
    }

    putNew(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<boolean> {
        return this.write(uuid, name, parts, options, true);
    }

    async copy(
        uuid: string,
        from: string,
        to: string,
        { mode, transient }: { mode: number; transient?: boolean },
    ): Promise<void> {
        const [folder, source] = [await this.folder(uuid), await this.path(uuid, from)];
        await this.connection.ask({
            what: `copy of ${source} to ${to}`,
            script: COPY,
            words: [folder, from, plainName(to), mode.toString(8), syncWord(transient)],
            long: true,
        });
    }

    async rename(uuid: string, from: string, to: string, { replace = false, transient = false } = {}): Promise<void> {
        const [folder, source] = [await this.folder(uuid), await this.path(uuid, from)];
        const words = [folder, from, plainName(to), replace ? "replace" : "keep", syncWord(transient)];
        const { code } = await this.connection.ask({
            what: `rename of ${source} to ${to}`,
            script: RENAME,
            words,
            repeat: false,
            codes: [EXISTS],
        });
        if (code === EXISTS) throw exists(source, posix.join(folder, to));
    }

    async remove(uuid: string, ...names: string[]): Promise<void> {
        const folder = await this.folder(uuid);
        await this.connection.ask({
            what: `removal of ${posix.join(folder, names.join(", "))}`,
            script: REMOVE,
            words: [folder, await this.store(), ...names.map(plainName)],
        });
    }

    async guests(): Promise<string[]> {
        const base = await this.base();
        const { out } = await this.connection.ask({ what: `list of ${base}`, script: FOLDERS, words: [base] });
        return out.toString("utf8").split("\n").filter(isGuestFolder).sort();
    }

    async removeFolder(uuid: string): Promise<void> {
        const folder = await this.folder(uuid);
        await this.daemon?.forget(uuid);
        await this.connection.ask({
            what: `removal of ${folder}`,
            script: REMOVE_FOLDER,
            words: [folder, await this.store()],
        });
    }

    async read(uuid: string, name: string, range: ReadRange): Promise<string> {
        const path = await this.path(uuid, name);
        const words = [path, range.offset === undefined ? "" : String(range.offset), String(range.length)];
        try {
            const together = await this.connection.together.question(READ_EACH, words);
            const { out } = together
                ? { out: answerOf(together) }
                : await this.connection.ask({ what: `read of ${path}`, script: READ, words });
            return out.toString(range.growing ? "latin1" : "utf8");
        } catch (error) {
            if (this.daemon && error instanceof UnikernelError && error.code === "permission")
                return this.daemon.read(uuid, name, range);
            throw error;
        }
    }

    async digest(uuid: string, name: string): Promise<string | undefined> {
        const [path, store] = [await this.path(uuid, name), await this.store()];
        const ask = { what: `digest of ${path}`, words: [path, store] };
        // A shared file is named by its digest.
        const together = await this.connection.together.question(KNOWN_EACH, [path, store]);
        const known = together ? answerOf(together) : (await this.connection.ask({ ...ask, script: KNOWN })).out;
        const said = known.toString("latin1").trim();
        if (said === "none") return undefined;
        const { out } = said ? { out: known } : await this.connection.ask({ ...ask, script: DIGEST, long: true });
        return /^[0-9a-f]{64}/.exec(out.toString("latin1"))?.[0];
    }

    async size(uuid: string, name: string): Promise<number | undefined> {
        const path = await this.path(uuid, name);
        const together = await this.connection.together.question(SIZE_EACH, [path]);
        const { out } = together
            ? { out: answerOf(together) }
            : await this.connection.ask({ what: `size of ${path}`, script: SIZE, words: [path] });
        const size = out.toString("latin1").trim();
        return size ? Number(size) : undefined;
    }

    async owner(uuid: string, name: string): Promise<number | undefined> {
        const path = await this.path(uuid, name);
        const { out } = await this.connection.ask({ what: `owner of ${path}`, script: OWNER, words: [path] });
        const uid = out.toString("latin1").trim();
        return uid ? Number(uid) : undefined;
    }

    private async all(uuid: string): Promise<Entry[]> {
        const folder = await this.folder(uuid);
        const { out } = await this.connection.ask({ what: `list of ${folder}`, script: LIST, words: [folder] });
        return entriesIn(out);
    }

    private async write(
        uuid: string,
        name: string,
        parts: Part[],
        options: WriteOptions,
        exclusive: boolean,
    ): Promise<boolean> {
        const [base, folder, path] = [await this.base(), await this.folder(uuid), await this.path(uuid, name)];
        return putThere(this.connection, { base, folder, name, exclusive }, parts, options).catch((error: unknown) => {
            // The source cannot be read.
            throw error instanceof UnikernelError ? error : fileError(error, `write of ${path}`, base);
        });
    }

    private async folder(uuid: string): Promise<string> {
        return posix.join(await this.base(), plainName(uuid));
    }

    private async store(): Promise<string> {
        return posix.join(await this.base(), SHARED_FOLDER);
    }

    private async base(): Promise<string> {
        return this.connection.base || (await this.connection.facts()).base;
    }
}
