import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

import { type Part, throwIfAborted } from "../../../../model";
import { sourceDigest } from "../source";
import { INLINE } from "./shellProtocol";

export interface Content {
    size: number;
    sha256: string;
}

/** Bytes per read. */
const PIECE = 256 * 1024;

/** Return size and digest of all parts together. A single file's digest is cached, so that 30 guests read it once. */
export async function contentOf(parts: Part[]): Promise<Content> {
    const only = parts.length === 1 ? parts[0]! : undefined;
    if (only && "file" in only) {
        return { sha256: await sourceDigest(only.file), size: (await stat(only.file)).size };
    }
    const hash = createHash("sha256");
    let size = 0;
    for await (const piece of bytesOf(parts, 0)) {
        throwIfAborted();
        hash.update(piece);
        size += piece.length;
    }
    return { size, sha256: hash.digest("hex") };
}

/** Yield the bytes of all parts, from an offset on. */
export async function* bytesOf(parts: Part[], offset: number): AsyncGenerator<Buffer> {
    let skip = offset;
    for (const part of parts) {
        const size = "bytes" in part ? part.bytes.length : (await stat(part.file)).size;
        if (skip >= size) {
            skip -= size;
            continue;
        }
        if ("file" in part)
            yield* createReadStream(part.file, { start: skip, highWaterMark: PIECE }) as AsyncIterable<Buffer>;
        else
            for (let at = skip; at < size; at += PIECE)
                yield Buffer.from(part.bytes.buffer, part.bytes.byteOffset + at, Math.min(PIECE, size - at));
        skip = 0;
    }
}

export async function whole(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for await (const piece of bytes) pieces.push(piece);
    return Buffer.concat(pieces);
}

/** Return the parts as a large file and a small tail; undefined where they have another form. */
export async function headOf(parts: Part[]): Promise<{ file: string; tail: Buffer } | undefined> {
    const [first, ...rest] = parts;
    if (!first || !("file" in first) || rest.length === 0) return undefined;
    const bytes = rest.flatMap((part) => ("bytes" in part ? [part.bytes] : []));
    if (bytes.length < rest.length || bytes.reduce((sum, { length }) => sum + length, 0) > INLINE) return undefined;
    const facts = await stat(first.file).catch(() => undefined);
    return facts && facts.size > INLINE ? { file: first.file, tail: Buffer.concat(bytes) } : undefined;
}
