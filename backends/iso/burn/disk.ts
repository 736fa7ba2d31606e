import { errnoOf } from "../../../localFiles";
import { deviceError, endsEarly } from "./errors";
import type { DeviceFile } from "./open";
import { BLOCK } from "./pages";

/** Errors of bad sectors. Reading fails; a write may repair them (the drive then maps them to spare sectors). */
const BAD = ["EIO", "ENODATA", "EILSEQ"];

/** An open device whose errors name the offset. */
export class Disk {
    constructor(
        private readonly file: DeviceFile,
        private readonly shown: { device: string; node: string },
    ) {}

    /** Fill the buffer from an offset. */
    async read(buffer: Buffer, offset: number): Promise<void> {
        for (let at = 0; at < buffer.length; ) {
            const got = await this.tell("read of", offset + at, () => this.file.read(buffer.subarray(at), offset + at));
            if (got === 0) throw endsEarly(this.shown, offset + at);
            at += got;
        }
    }

    /** Like read, but return false where the sectors are bad. */
    async tryRead(buffer: Buffer, offset: number): Promise<boolean> {
        try {
            await this.read(buffer, offset);
            return true;
        } catch (error) {
            if (error instanceof Error && BAD.includes(errnoOf(error.cause) ?? "")) return false;
            throw error;
        }
    }

    async write(buffer: Buffer, offset: number): Promise<void> {
        for (let at = 0; at < buffer.length; ) {
            const put = await this.tell("write to", offset + at, () =>
                this.file.write(buffer.subarray(at), offset + at),
            );
            if (put === 0) throw endsEarly(this.shown, offset + at);
            at += put;
        }
    }

    async sync(): Promise<void> {
        await this.tell("sync of", undefined, () => this.file.sync());
    }

    private tell<T>(doing: string, offset: number | undefined, work: () => Promise<T>): Promise<T> {
        return work().catch((error) => {
            throw deviceError(error, doing, this.shown, offset);
        });
    }
}

/**
 * Return the range from the first differing block to the last, as offsets in the buffers; undefined if they are equal.
 */
export function difference(a: Buffer, b: Buffer): { from: number; to: number } | undefined {
    if (a.equals(b)) return undefined;
    let from = 0;
    let to = Math.ceil(a.length / BLOCK) * BLOCK;
    const same = (at: number): boolean => a.subarray(at, at + BLOCK).equals(b.subarray(at, at + BLOCK));
    while (same(from)) from += BLOCK;
    while (same(to - BLOCK)) to -= BLOCK;
    return { from, to: Math.min(to, a.length) };
}

/** Return the index of the first differing byte of two buffers of one length; -1 if they are equal. */
export function firstDifference(a: Buffer, b: Buffer): number {
    const block = difference(a, b);
    return block === undefined ? -1 : a.findIndex((byte, at) => at >= block.from && byte !== b[at]);
}
