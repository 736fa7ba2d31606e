import { createHash } from "node:crypto";
import { posix } from "node:path";

import { type Part, UnikernelError } from "../../../../spec";
import type { SshConnection } from "./connection";
import { bytesOf, type Content, contentOf, headOf, isShareable, whole } from "./content";
import { CLAIM, COMPOSE, DIFFERENT, INCOMPLETE, RECEIVE, SMALL } from "./scripts";
import { INLINE } from "./shellProtocol";

export interface Target {
    /** The folder of all guests, of this guest, and the name in it. */
    base: string;
    folder: string;
    name: string;
    /** Octal digits. */
    mode: string;
    /** Where this content lies for all guests; "" when it is this guest's own. */
    shared: string;
}

type Progress = (bytes: number) => void;

/** Writes a file on the far side, sending what it does not have. */
export async function putThere(connection: SshConnection, place: Pick<Target, "base" | "folder" | "name">, parts: Part[], mode: number, onProgress?: Progress): Promise<void> {
    const store = posix.join(place.base, "shared");
    const head = await headOf(parts);
    if (head) return compose(connection, { ...place, mode: mode.toString(8), shared: store }, head.file, head.tail, onProgress);
    const content = await contentOf(parts);
    const shared = isShareable(place.name, mode) ? posix.join(store, content.sha256) : "";
    await once(connection, { ...place, mode: mode.toString(8), shared }, parts, content, onProgress);
}

/**
 * A file that many guests begin with, and a tail of each guest's own: an initramfs and its configuration.
 * The head is kept for all, for nobody but this user to read: not all that it is in is everybody's.
 */
async function compose(connection: SshConnection, target: Target, file: string, tail: Buffer, onProgress?: Progress): Promise<void> {
    const head = await contentOf([{ file }]);
    const shared = posix.join(target.shared, `${head.sha256}.head`);
    const words = [target.base, target.folder, target.name, String(head.size + tail.length), target.mode, head.sha256, shared, String(head.size)];
    const ask = { what: what(target), script: COMPOSE, words, data: tail, codes: [DIFFERENT] };
    for (let sent = false; ; sent = true) {
        const { code, out } = await connection.ask(ask);
        if (code === 0 && said(out) === "have") {
            onProgress?.(head.size + tail.length);
            return;
        }
        if (sent || code !== 0) throw changed(target);
        await once(connection, { ...target, name: `.${target.name}.head`, mode: "600", shared }, [{ file }], head, onProgress);
    }
}

/** Many guests may want the same at once: the first sends it, the others wait and find it there. */
async function once(connection: SshConnection, target: Target, parts: Part[], content: Content, onProgress?: Progress): Promise<void> {
    const work = (): Promise<void> => send(connection, target, parts, content, onProgress);
    if (!target.shared) return work();
    const { copying } = connection;
    for (let other = copying.get(target.shared); other; other = copying.get(target.shared)) {
        if (await other.then(() => true, () => false)) return work();
    }
    const own = work();
    copying.set(target.shared, own);
    await own.finally(() => copying.delete(target.shared));
}

/** What is small goes with the question whether it is there; the rest is sent when it is not, from where a cut copy ended. */
async function send(connection: SshConnection, target: Target, parts: Part[], { size, sha256 }: Content, onProgress?: Progress): Promise<void> {
    const ask = { what: what(target), codes: [INCOMPLETE, DIFFERENT] };
    const words = [target.base, target.folder, target.name, String(size), target.mode, sha256, target.shared];
    if (size <= INLINE) {
        const data = await whole(bytesOf(parts, 0));
        if (createHash("sha256").update(data).digest("hex") !== sha256) throw changed(target);
        const umask = (0o777 & ~parseInt(target.mode, 8)).toString(8);
        const small = target.shared ? { script: CLAIM + RECEIVE, words: [...words, "whole"] } : { script: SMALL, words: [...words.slice(0, 5), umask, ""] };
        const { code } = await connection.ask({ ...ask, ...small, data });
        if (code !== 0) throw changed(target);
        onProgress?.(size);
        return;
    }
    if (said((await connection.ask({ ...ask, script: CLAIM, words })).out) === "have") return;
    let resumed = false;
    const answer = (line: string): { bytes: AsyncIterable<Buffer>; size: number } | undefined => {
        const offset = Number(/^need (\d+)$/.exec(line)?.[1] ?? NaN);
        resumed = offset > 0;
        return offset >= 0 && offset <= size ? { bytes: told(bytesOf(parts, offset), offset, onProgress), size } : undefined;
    };
    const sending = { ...ask, script: RECEIVE, words: [...words, "rest"], answer };
    let { code } = await connection.ask(sending);
    // What an earlier copy had sent may be of another content: it is gone now.
    if (code !== 0 && resumed) ({ code } = await connection.ask(sending));
    if (code !== 0) throw changed(target);
}

async function* told(bytes: AsyncIterable<Buffer>, offset: number, onProgress?: Progress): AsyncGenerator<Buffer> {
    let at = offset;
    for await (const piece of bytes) {
        yield piece;
        onProgress?.((at += piece.length));
    }
}

const said = (out: Buffer): string => out.toString("latin1").trim();

const what = ({ folder, name }: Target): string => `write of ${posix.join(folder, name)}`;

function changed(target: Target): UnikernelError {
    return new UnikernelError("changed", `${what(target)}: its source changed while it was copied`, {
        hint: "let the program that writes it finish, then run again",
    });
}
