import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { sealDigest } from "../../../images";
import { fsError, hashFile } from "../../../localFiles";
import { currentSignal, type Manifest, type Part, UnikernelError } from "../../../model";
import type { MediumContents, MediumFile, Placed } from "./contents";

/** A file of the medium, with size and state of its local files before any is read. */
export interface Measured {
    file: MediumFile;
    /** Bytes. */
    size: number;
    seen: PartStat[];
}
interface PartStat {
    path: string;
    size: number;
    state: string;
}

export interface PlacedFile extends Measured, Placed {
    sha256: string;
}

/** Measure the files of a medium. @throws UnikernelError `not-found`, `permission` */
export async function measureFiles({ files }: MediumContents): Promise<Measured[]> {
    return Promise.all(
        files.map(async (file) => {
            const seen = await Promise.all(file.parts.flatMap((part) => ("file" in part ? [statPart(part.file)] : [])));
            const bytes = file.parts.reduce((sum, part) => ("bytes" in part ? sum + part.bytes.length : sum), 0);
            return { file, seen, size: seen.reduce((sum, { size }) => sum + size, bytes) };
        }),
    );
}

/**
 * Return the local file of each file's content: a single local file is used directly, other content is assembled in
 * `staging`. @throws UnikernelError `changed` (it differs from the plan), `not-found`, `permission`
 */
export async function placeFiles(measured: Measured[], staging: string): Promise<PlacedFile[]> {
    return Promise.all(
        measured.map(async (one, index) => {
            const {
                file: { path, parts, sha256: known, property },
            } = one;
            const [first] = parts;
            const local = parts.length === 1 && first && "file" in first ? resolve(first.file) : undefined;
            const source = local ?? join(staging, `file-${index}`);
            const sha256 = local === undefined ? await concatenate(parts, source) : await hashFile(local);
            if (known !== undefined && known !== sha256) throw changed(source, property);
            return { ...one, path, source, sha256 };
        }),
    );
}

async function concatenate(parts: Part[], to: string): Promise<string> {
    const hash: Hash = createHash("sha256");
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
        for (const part of parts) {
            if ("bytes" in part) yield part.bytes;
            else yield* createReadStream(part.file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>;
        }
    };
    const watch = new Transform({
        transform(chunk: Buffer, _, done) {
            hash.update(chunk);
            done(null, chunk);
        },
    });
    await pipeline(Readable.from(pieces()), watch, createWriteStream(to, { mode: 0o600, flags: "wx" }), {
        signal: currentSignal(),
    });
    return hash.digest("hex");
}

/** Check that no file has changed since it was measured, so that the image has the content that was hashed. */
export async function requireUnchanged(placed: PlacedFile[]): Promise<void> {
    for (const { file, seen } of placed) {
        for (const { path, state } of seen)
            if ((await statPart(path)).state !== state) throw changed(path, file.property);
    }
}

async function statPart(path: string): Promise<PartStat> {
    const stats = await stat(path, { bigint: true }).catch((error: unknown) => {
        throw fsError(error, "read", path);
    });
    return { path, size: Number(stats.size), state: [stats.size, stats.mtimeNs, stats.ctimeNs, stats.ino].join(" ") };
}

function changed(path: string, property: string | undefined): UnikernelError {
    return new UnikernelError("changed", `${path} changed after it was checked`, {
        property,
        hint: "run pulumi up again when it is no longer being written",
    });
}

/** Return path on the medium → 16 hex digits, without the mark file: its name is a digest that also covers secrets. */
export function manifestOf(placed: PlacedFile[], { secret, digestKey, id }: MediumContents): Manifest {
    const key = secret ? digestKey : undefined;
    return Object.fromEntries(
        placed
            .filter(({ path }) => !path.endsWith(`/${id}`))
            .map(({ path, sha256 }) => [path, sealDigest(sha256, key).slice(0, 16)]),
    );
}
