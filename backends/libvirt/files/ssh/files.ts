import { posix } from "node:path";

import { type Part, UnikernelError } from "../../../../spec";
import type { HostFile, HostFiles } from "../../host";
import { fileError, plainName } from "../errors";
import type { Daemon } from "../local";
import type { SshConnection } from "./connection";
import { bytesOf, type Content, contentOf, isShareable } from "./content";
import { CLAIM, COPY, DIFFERENT, DIGEST, INCOMPLETE, INLINE, LIST, READ, RECEIVE, REMOVE, REMOVE_FOLDER, RENAME } from "./script";

interface PutOptions { mode: number; onProgress?(bytes: number): void }

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

    async put(uuid: string, name: string, parts: Part[], options: PutOptions): Promise<void> {
        const path = await this.path(uuid, name);
        const content = await contentOf(parts).catch((error: unknown) => {
            throw error instanceof UnikernelError ? error : fileError(error, `write of ${path}`, posix.dirname(path));
        });
        const send = (): Promise<void> => this.send(uuid, name, parts, content, options);
        await (isShareable(name, options.mode) ? this.once(content.sha256, send) : send());
    }

    async copy(uuid: string, from: string, to: string, { mode }: { mode: number }): Promise<void> {
        const [folder, source] = [await this.folder(uuid), await this.path(uuid, from)];
        await this.connection.ask({ what: `copy of ${source} to ${to}`, script: COPY, words: [folder, from, plainName(to), mode.toString(8)], long: true });
    }

    async rename(uuid: string, from: string, to: string): Promise<void> {
        const [folder, source] = [await this.folder(uuid), await this.path(uuid, from)];
        await this.connection.ask({ what: `rename of ${source} to ${to}`, script: RENAME, words: [folder, from, plainName(to)], repeat: false });
    }

    async remove(uuid: string, name: string): Promise<void> {
        const folder = await this.folder(uuid);
        await this.connection.ask({ what: `removal of ${await this.path(uuid, name)}`, script: REMOVE, words: [folder, name, await this.store()] });
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
        const path = await this.path(uuid, name);
        const { out } = await this.connection.ask({ what: `digest of ${path}`, script: DIGEST, words: [path], long: true });
        return /^[0-9a-f]{64}/.exec(out.toString("latin1"))?.[0];
    }

    /** What is small goes with the question whether it is there; the rest is sent when it is not, from where a cut copy ended. */
    private async send(uuid: string, name: string, parts: Part[], { size, sha256 }: Content, { mode, onProgress }: PutOptions): Promise<void> {
        const [folder, path] = [await this.folder(uuid), await this.path(uuid, name)];
        const store = isShareable(name, mode) ? await this.store() : "";
        const ask = { what: `write of ${path}`, codes: [INCOMPLETE, DIFFERENT] };
        const words = [posix.dirname(folder), folder, name, String(size), mode.toString(8), sha256, store];
        if (size <= INLINE) {
            const data = await whole(bytesOf(parts, 0));
            this.assertSame(path, await this.connection.ask({ ...ask, script: CLAIM + RECEIVE, words: [...words, "whole"], data }));
            onProgress?.(size);
            return;
        }
        const { out } = await this.connection.ask({ ...ask, script: CLAIM, words });
        if (out.toString("latin1").trim() === "have") return;
        let resumed = false;
        const answer = (line: string): { bytes: AsyncIterable<Buffer>; size: number } | undefined => {
            const offset = Number(/^need (\d+)$/.exec(line)?.[1] ?? NaN);
            resumed = offset > 0;
            return offset >= 0 && offset <= size ? { bytes: told(bytesOf(parts, offset), offset, onProgress), size } : undefined;
        };
        const send = { ...ask, script: RECEIVE, words: [...words, "rest"], answer };
        const end = await this.connection.ask(send);
        // What an earlier copy had sent may be of another content: it is gone now.
        this.assertSame(path, resumed && end.code !== 0 ? await this.connection.ask(send) : end);
    }

    private assertSame(path: string, { code }: { code: number }): void {
        if (code === 0) return;
        throw new UnikernelError("changed", `write of ${path}: its source changed while it was copied`, {
            hint: "let the program that writes it finish, then run again",
        });
    }

    /** Many guests may want the same at once: the first sends it, the others wait and find it there. */
    private async once(digest: string, work: () => Promise<void>): Promise<void> {
        const { copying } = this.connection;
        for (let other = copying.get(digest); other; other = copying.get(digest)) {
            if (await other.then(() => true, () => false)) return work();
        }
        const own = work();
        copying.set(digest, own);
        await own.finally(() => copying.delete(digest));
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

async function* told(bytes: AsyncIterable<Buffer>, offset: number, onProgress?: (bytes: number) => void): AsyncGenerator<Buffer> {
    let at = offset;
    for await (const piece of bytes) {
        yield piece;
        onProgress?.((at += piece.length));
    }
}

async function whole(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of bytes) pieces.push(piece);
    return Buffer.concat(pieces);
}
