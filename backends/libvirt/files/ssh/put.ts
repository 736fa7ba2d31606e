import { createHash } from "node:crypto";
import { posix } from "node:path";

import { type Part, UnikernelError } from "../../../../model";
import type { WriteOptions } from "../../host";
import { SHARED_FOLDER, shareableSource } from "../shared";
import type { Ask, SshConnection } from "./connection";
import { bytesOf, type Content, contentOf, headOf, whole } from "./content";
import { BUSY, CLAIM, COMPOSE, DIFFERENT, INCOMPLETE, RECEIVE, SMALL } from "./putScripts";
import { DIGEST } from "./scripts";
import { INLINE } from "./shellProtocol";
import { lastLine, withVerified } from "./verify";

export interface Target {
    /** The folder of all guests, of this guest, and the name in it. */
    base: string;
    folder: string;
    name: string;
    /** Octal digits. */
    mode: string;
    /** Path of this content in the store of all guests; "" for content of this guest only. */
    shared: string;
    /** Fail where a file has the name. */
    exclusive: boolean;
    /** sha256 hex that the caller expects; "" for any. */
    digest: string;
    /** A power cut may lose the file. Only a small file of one guest is written without a sync. */
    transient: boolean;
}

type Progress = (bytes: number) => void;

/**
 * Write a file on the remote side, sending only content that it does not have.
 * @returns false when a file had the name and stayed
 */
export async function putThere(
    connection: SshConnection,
    place: Pick<Target, "base" | "folder" | "name" | "exclusive">,
    parts: Part[],
    { mode, digest = "", transient = false, onProgress }: WriteOptions,
): Promise<boolean> {
    const store = posix.join(place.base, SHARED_FOLDER);
    const head = await headOf(parts);
    if (head)
        return compose(
            connection,
            { ...place, digest, transient, mode: mode.toString(8), shared: store },
            head.file,
            head.tail,
            onProgress,
        );
    const content = await contentOf(parts);
    const source = shareableSource(place.name, mode, parts);
    const shared = source === undefined ? "" : posix.join(store, content.sha256);
    const target = { ...place, digest, transient, mode: mode.toString(8), shared };
    if (digest && content.sha256 !== digest) throw changed(target);
    return once(connection, target, parts, content, onProgress);
}

/**
 * Write a file with a head that many guests share and a tail of this guest: an initramfs and its configuration. The
 * head is stored for all guests, but only this user can read it, because it may be part of private files.
 */
async function compose(
    connection: SshConnection,
    target: Target,
    file: string,
    tail: Buffer,
    onProgress?: Progress,
): Promise<boolean> {
    const head = await contentOf([{ file }]);
    const shared = posix.join(target.shared, `${head.sha256}.head`);
    const composed = { ...target, shared };
    const content = { size: head.size + tail.length, sha256: head.sha256 };
    const ask = { what: what(target), script: COMPOSE, data: tail, codes: [DIFFERENT, BUSY] };
    for (let sent = false; ; sent = true) {
        const { code, out } = await withVerified(connection, shared, (inode) =>
            connection.ask({ ...ask, words: [...wordsOf(composed, content, inode), String(head.size)] }),
        );
        if (code === BUSY) throw busy(target);
        if (code === 0 && ["have", "made"].includes(lastLine(out))) {
            onProgress?.(head.size + tail.length);
            return lastLine(out) === "made";
        }
        if (sent || code !== 0) throw changed(target);
        await once(
            connection,
            { ...target, name: `.${target.name}.head`, mode: "600", shared, exclusive: false, digest: "" },
            [{ file }],
            head,
            onProgress,
        );
    }
}

/** A put by one short script. */
export interface QuickPut {
    script: string;
    words: string[];
    data: Uint8Array;
}

/**
 * Return the script that writes a file without a transfer: a small one of this guest, or one that the store may have. It
 * says "have" or "made"; nothing where the content has to be sent. Undefined for any other file.
 */
export async function quickPut(
    connection: SshConnection,
    place: Pick<Target, "base" | "folder" | "name">,
    parts: Part[],
    { mode, digest = "", transient = false }: WriteOptions,
    exclusive = false,
): Promise<QuickPut | undefined> {
    if (await headOf(parts)) return undefined;
    const { size, sha256 } = await contentOf(parts);
    const shared = shareableSource(place.name, mode, parts) ? posix.join(place.base, SHARED_FOLDER, sha256) : "";
    if ((digest && sha256 !== digest) || (!shared && size > INLINE)) return undefined;
    const target = { ...place, digest, transient, mode: mode.toString(8), shared, exclusive };
    const words = wordsOf(target, { size, sha256 }, connection.verified.get(shared) ?? "");
    if (shared) return { script: CLAIM, words, data: new Uint8Array() };
    const data = await whole(bytesOf(parts, 0));
    if (createHash("sha256").update(data).digest("hex") !== sha256) return undefined;
    return { script: `${SMALL}\necho made`, words: [...words, ...smallTail(target)], data };
}

/** Return the words of PUT. @param inode the verified inode of the content in the store, or "" */
function wordsOf(target: Target, { size, sha256 }: Content, inode: string): string[] {
    const { base, folder, name, mode, shared, digest } = target;
    return [base, folder, name, String(size), mode, sha256, shared, how(target), digest, inode];
}

/** Return the words of SMALL after those of PUT: umask, and whether to sync. */
function smallTail({ mode, transient }: Target): string[] {
    return [(0o777 & ~parseInt(mode, 8)).toString(8), syncWord(transient)];
}

/** Return the word by which a script knows whether to sync. */
export const syncWord = (transient = false): string => (transient ? "" : "sync");

/** Send shared content once: when several guests need it at the same time, the first sends it and the others wait. */
async function once(
    connection: SshConnection,
    target: Target,
    parts: Part[],
    content: Content,
    onProgress?: Progress,
): Promise<boolean> {
    const work = (): Promise<boolean> => send(connection, target, parts, content, onProgress);
    if (!target.shared) return work();
    const { copying } = connection;
    for (let other = copying.get(target.shared); other; other = copying.get(target.shared)) {
        if (
            await other.then(
                () => true,
                () => false,
            )
        )
            return work();
    }
    const own = work();
    copying.set(target.shared, own);
    return own.finally(() => copying.delete(target.shared));
}

/**
 * Send one file. Small content goes along with the question whether it exists; larger content is sent only when it does
 * not exist, from the point where an interrupted copy ended.
 */
async function send(
    connection: SshConnection,
    target: Target,
    parts: Part[],
    { size, sha256 }: Content,
    onProgress?: Progress,
): Promise<boolean> {
    let again = false;
    const ask = { what: what(target), codes: [INCOMPLETE, DIFFERENT, BUSY], onAgain: () => void (again = true) };
    const put = (script: string, more: { tail?: string[]; data?: Buffer; answer?: Ask["answer"] } = {}) => {
        const { tail = [], ...rest } = more;
        return withVerified(connection, target.shared, (inode) =>
            connection.ask({
                ...ask,
                ...rest,
                script,
                words: [...wordsOf(target, { size, sha256 }, inode), ...tail],
            }),
        );
    };
    // A repetition after a lost connection may find the file that the first attempt created.
    const made = async (answer: string): Promise<boolean> =>
        answer !== "have" || (again && target.exclusive && (await digestThere(connection, target)) === sha256);
    if (size <= INLINE) {
        const data = await whole(bytesOf(parts, 0));
        if (createHash("sha256").update(data).digest("hex") !== sha256) throw changed(target);
        const { code, out } = await (target.shared
            ? put(CLAIM + RECEIVE, { tail: ["whole"], data })
            : put(SMALL, { tail: smallTail(target), data }));
        if (code === BUSY) throw busy(target);
        if (code !== 0) throw changed(target);
        onProgress?.(size);
        return made(lastLine(out));
    }
    const claimed = await put(CLAIM);
    if (claimed.code === BUSY) throw busy(target);
    if (["have", "made"].includes(lastLine(claimed.out))) return made(lastLine(claimed.out));
    let resumed = false;
    const answer = (line: string): { bytes: AsyncIterable<Buffer>; size: number } | undefined => {
        const offset = Number(/^need (\d+)$/.exec(line)?.[1] ?? NaN);
        resumed = offset > 0;
        return offset >= 0 && offset <= size
            ? { bytes: told(bytesOf(parts, offset), offset, onProgress), size }
            : undefined;
    };
    const receive = () => put(RECEIVE, { tail: ["rest"], answer });
    let { code, out } = await receive();
    // The bytes of an earlier copy may belong to other content. They are removed now, so send once more.
    if (code !== 0 && code !== BUSY && resumed) ({ code, out } = await receive());
    if (code === BUSY) throw busy(target);
    if (code !== 0) throw changed(target);
    return made(lastLine(out));
}

async function digestThere(connection: SshConnection, target: Target): Promise<string> {
    const path = posix.join(target.folder, target.name);
    return lastLine(
        (await connection.ask({ what: `digest of ${path}`, script: DIGEST, words: [path], long: true })).out,
    ).slice(0, 64);
}

async function* told(bytes: AsyncIterable<Buffer>, offset: number, onProgress?: Progress): AsyncGenerator<Buffer> {
    let at = offset;
    for await (const piece of bytes) {
        yield piece;
        onProgress?.((at += piece.length));
    }
}

const how = ({ exclusive }: Target): string => (exclusive ? "new" : "");

const what = ({ folder, name }: Target): string => `write of ${posix.join(folder, name)}`;

function changed(target: Target): UnikernelError {
    return new UnikernelError("changed", `${what(target)}: its source changed while it was copied`, {
        hint: "wait until the program that writes it has finished, then run again",
    });
}

function busy(target: Target): UnikernelError {
    return new UnikernelError(
        "in-use",
        `${what(target)}: another process writes a file of that name as a storage volume`,
        { hint: "wait until it has finished, then run again" },
    );
}
