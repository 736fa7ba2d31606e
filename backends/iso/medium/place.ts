import { createHash, type Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { hashFile, sealDigest } from "../../../images";
import { UnikernelError, type Manifest, type Part } from "../../../spec";
import type { MediumContents, MediumFile } from "./contents";
import type { Placed } from "./volume";

export interface PlacedFile extends Placed {
    file: MediumFile;
    /** Bytes. */
    size: number;
    sha256: string;
    /** The local files that were looked at, and what they were then. */
    seen: Seen[];
}
interface Seen { path: string; state: string }

/**
 * Where each file's content lies: a local file stays where it is, anything else is put together in `staging`.
 * @throws UnikernelError `changed` (not what the plan was made of), `not-found`, `permission`
 */
export async function placeFiles({ files }: MediumContents, staging: string, signal?: AbortSignal): Promise<PlacedFile[]> {
    return Promise.all(files.map(async (file, index) => {
        const [first] = file.parts;
        const seen = await Promise.all(file.parts.flatMap((part) => ("file" in part ? [look(part.file)] : [])));
        const source = file.parts.length === 1 && first && "file" in first ? resolve(first.file) : join(staging, `file-${index}`);
        const staged = first === undefined || "bytes" in first || file.parts.length > 1;
        const sha256 = staged ? await concatenate(file.parts, source, signal) : await hashFile(source);
        if (file.sha256 !== undefined && file.sha256 !== sha256) throw changed(source, file);
        return { path: file.path, source, file, size: (await stat(source)).size, sha256, seen };
    }));
}

async function concatenate(parts: Part[], to: string, signal?: AbortSignal): Promise<string> {
    const hash: Hash = createHash("sha256");
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
        for (const part of parts) {
            if ("bytes" in part) yield part.bytes;
            else yield* createReadStream(part.file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>;
        }
    };
    const watch = new Transform({ transform(chunk: Buffer, _, done) { hash.update(chunk); done(null, chunk); } });
    await pipeline(Readable.from(pieces()), watch, createWriteStream(to, { mode: 0o600, flags: "wx" }), { signal });
    return hash.digest("hex");
}

/** What was read is what was hashed if no file has changed since. */
export async function requireUnchanged(placed: PlacedFile[]): Promise<void> {
    for (const { file, seen } of placed) {
        for (const { path, state } of seen) if ((await look(path)).state !== state) throw changed(path, file);
    }
}

async function look(path: string): Promise<Seen> {
    const { size, mtimeNs, ctimeNs, ino } = await stat(path, { bigint: true });
    return { path, state: [size, mtimeNs, ctimeNs, ino].join(" ") };
}

function changed(path: string, { property }: MediumFile): UnikernelError {
    return new UnikernelError("changed", `${path} changed after it was checked`, { property, hint: "run pulumi up again when it is no longer being written" });
}

/** Path on the medium → 16 hex digits. The mark is left out: its name is a digest over everything, secrets too. */
export function manifestOf(placed: PlacedFile[], { secret, digestKey, id }: MediumContents): Manifest {
    const key = secret ? digestKey : undefined;
    return Object.fromEntries(placed.filter(({ path }) => !path.endsWith(`/${id}`)).map(({ path, sha256 }) => [path, sealDigest(sha256, key).slice(0, 16)]));
}
