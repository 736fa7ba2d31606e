import { errnoOf } from "../../../images";
import { deviceError, endsEarly } from "./errors";
import type { DeviceFile } from "./open";
import { BLOCK } from "./pages";

/** Bad sectors: reading fails, and writing them may well mend them (the drive then takes others in their place). */
const BAD = ["EIO", "ENODATA", "EILSEQ"];

/** A device that is open, with errors that say where. */
export class Disk {
    constructor(
        private readonly file: DeviceFile,
        private readonly shown: { device: string; node: string },
    ) {}

    /** Fills the buffer. */
    async read(buffer: Buffer, offset: number): Promise<void> {
        for (let at = 0; at < buffer.length; ) {
            const got = await this.tell("read of", offset + at, () => this.file.read(buffer.subarray(at), offset + at));
            if (got === 0) throw endsEarly(this.shown, offset + at);
            at += got;
        }
    }

    /** As read; false where the sectors are bad. */
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

/** From the first block that differs to the last one; undefined: all the same. Offsets within the buffers. */
export function difference(a: Buffer, b: Buffer): { from: number; to: number } | undefined {
    if (a.equals(b)) return undefined;
    let from = 0;
    let to = Math.ceil(a.length / BLOCK) * BLOCK;
    const same = (at: number): boolean => a.subarray(at, at + BLOCK).equals(b.subarray(at, at + BLOCK));
    while (same(from)) from += BLOCK;
    while (same(to - BLOCK)) to -= BLOCK;
    return { from, to: Math.min(to, a.length) };
}

/** Where two buffers of one length begin to differ; -1: nowhere. */
export function firstDifference(a: Buffer, b: Buffer): number {
    const block = difference(a, b);
    return block === undefined ? -1 : a.findIndex((byte, at) => at >= block.from && byte !== b[at]);
}
