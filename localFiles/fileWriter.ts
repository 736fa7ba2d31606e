import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { throwIfAborted } from "../model";

const BATCH = 1024 * 1024;
/** Runs of zeros of this length are not written; file systems allocate space in multiples of it. */
const HOLE = 64 * 1024;
const zeros = Buffer.alloc(BATCH);

export interface Written {
    sha256: string;
    size: number;
}

/** Writes a new file from front to back and hashes it; whole blocks of zeros become holes. */
export class ImageWriter {
    private readonly hash: Hash = createHash("sha256");
    private batch = Buffer.allocUnsafe(BATCH);
    private filled = 0;
    private position = 0;
    private flushing: Promise<void> = Promise.resolve();

    private constructor(private readonly handle: FileHandle) {}

    static async open(path: string): Promise<ImageWriter> {
        return new ImageWriter(await open(path, "wx", 0o600));
    }

    get size(): number {
        return this.position + this.filled;
    }

    async write(chunk: Uint8Array): Promise<void> {
        this.hash.update(chunk);
        for (let from = 0; from < chunk.length; ) {
            const length = Math.min(chunk.length - from, BATCH - this.filled);
            this.batch.set(chunk.subarray(from, from + length), this.filled);
            this.filled += length;
            from += length;
            if (this.filled === BATCH) await this.flush();
        }
    }

    /** Write zeros up to a size. */
    async padTo(size: number): Promise<void> {
        while (this.size < size) await this.write(zeros.subarray(0, Math.min(BATCH, size - this.size)));
    }

    /** Sync and close. The writer cannot be used afterwards. */
    async end(): Promise<Written> {
        await this.flush();
        await this.flushing;
        const size = this.position;
        // A file that ends with a hole gets its length here.
        await this.handle.truncate(size);
        await this.handle.sync();
        await this.handle.close();
        return { sha256: this.hash.digest("hex"), size };
    }

    async abandon(): Promise<void> {
        await this.flushing.catch(() => undefined);
        await this.handle.close().catch(() => undefined);
    }

    /** Write one batch while the next one fills. */
    private async flush(): Promise<void> {
        throwIfAborted();
        await this.flushing;
        const [batch, filled, position] = [this.batch, this.filled, this.position];
        this.batch = Buffer.allocUnsafe(BATCH);
        this.filled = 0;
        this.position += filled;
        this.flushing = this.put(batch.subarray(0, filled), position);
        // The next flush awaits it; until then a failure must not count as unhandled.
        this.flushing.catch(() => undefined);
    }

    private async put(batch: Buffer, position: number): Promise<void> {
        for (let from = 0; from < batch.length; from += HOLE) {
            let to = Math.min(from + HOLE, batch.length);
            if (isZero(batch.subarray(from, to))) continue;
            while (to < batch.length && !isZero(batch.subarray(to, to + HOLE))) to = Math.min(to + HOLE, batch.length);
            for (let at = from; at < to; )
                at += (await this.handle.write(batch, at, to - at, position + at)).bytesWritten;
            from = to - HOLE;
        }
    }
}

function isZero(bytes: Buffer): boolean {
    return bytes.equals(zeros.subarray(0, bytes.length));
}
