import { Disk, difference, firstDifference } from "./disk";
import { mismatch } from "./errors";
import { PaddedImage, padFrom } from "./image";
import type { Device } from "./inspect";
import { chunksOf, inLanes, makePairs, type Pair, type Range } from "./lanes";
import { type OpenDevice, openDevice } from "./open";
import { HEAD, pages } from "./pages";
import { rereadPartitions } from "./partitions";
import { holdsSome } from "./sample";

/** `compare`: what is there is read, and what differs is written. `write`: nothing there is worth a look. `verify`: what was written is read back. */
export type BurnPhase = "compare" | "write" | "verify";

export interface BurnOptions {
    /** After each chunk. `total`: bytes of the phase. */
    onProgress?(bytes: number, total: number, phase: BurnPhase): void;
    /** How the device is opened: the place to put a fault under the writer. */
    open?: OpenDevice;
}

/**
 * Makes a device begin with the image. What is the same already is left alone; what was written is synced and read back
 * past the page cache; the rest of the device stays as it is (so a backup GPT is where the image has it, not at the
 * device's end, as tools will remark).
 *
 * A device whose burn was cut must not boot half of something: the first MiB is blanked before anything else is
 * written, and comes back after all the rest was read back, the boot sector last of all. Run again, it goes on from there.
 * @param size bytes of the image
 * @returns bytes that were written: whole blocks of 64 KiB, within a chunk of 4 MiB from the first that differed to the last
 * @throws UnikernelError at `burn.device`: `in-use`, `permission`, `not-found` (pulled out), `no-space` (it ends before
 *   its size says), `program-failed` (the kernel's error, or other bytes read back); `changed`: the image, or another
 *   device took the node
 */
export async function burnImage(
    image: string,
    size: number,
    device: Device,
    options: BurnOptions = {},
): Promise<{ written: number }> {
    const source = await PaddedImage.open(image, size);
    try {
        const file = await (options.open ?? openDevice)(device, "write");
        let written: number;
        try {
            // Only now: while it is open, no other device can take its place.
            await device.stillThere();
            written = await new Burn(source, new Disk(file, device), device, options).run(size);
        } finally {
            await file.close();
        }
        await rereadPartitions(device.node);
        return { written };
    } finally {
        await source.close();
    }
}

class Burn {
    private readonly pairs: Pair[] = makePairs();
    private readonly written: Range[] = [];
    private readonly done = { written: 0, passed: 0, verified: 0 };
    private blanked?: Promise<void>;
    private total = 0;
    private phase: BurnPhase = "compare";

    constructor(
        private readonly image: PaddedImage,
        private readonly disk: Disk,
        private readonly device: Device,
        private readonly options: BurnOptions,
    ) {}

    async run(size: number): Promise<number> {
        const { sector } = this.device;
        this.total = Math.ceil(size / sector) * sector;
        await padFrom(this.disk, this.image, size, sector, this.pairs[0]!.device);
        if (!(await holdsSome(this.image, this.disk, this.total, this.pairs[0]!))) this.phase = "write";
        const head = Math.min(HEAD, this.total);
        await this.step(chunksOf(head, this.total), this.phase);
        // The head is compared with what blanking left of it.
        if (this.blanked || (await this.differs({ offset: sector, length: head - sector }))) await this.blank();
        await this.step(chunksOf(sector, head), "compare");
        await this.image.assertUnchanged();
        await this.step([{ offset: 0, length: sector }], "compare", false);
        return this.done.written;
    }

    /** Brings ranges to what the image has, until the device has it and gives it back. */
    private async step(ranges: Range[], phase: BurnPhase, blankFirst = true): Promise<void> {
        const before = this.written.length;
        await inLanes(ranges, this.pairs, async (range, pair) => {
            const wanted = pair.image.subarray(0, range.length);
            await this.image.read(wanted, range.offset);
            const part = phase === "compare" ? await this.differing(range, pair) : { from: 0, to: range.length };
            if (part) {
                if (blankFirst) await this.blank();
                await this.disk.write(wanted.subarray(part.from, part.to), range.offset + part.from);
                this.written.push({ offset: range.offset + part.from, length: part.to - part.from });
                this.done.written += part.to - part.from;
            }
            this.done.passed += range.length;
            this.options.onProgress?.(this.done.passed, this.total, this.phase);
        });
        if (this.written.length === before) return;
        await this.disk.sync();
        await this.verify(this.written.slice(before));
    }

    private async verify(ranges: Range[]): Promise<void> {
        await inLanes(ranges, this.pairs, async (range, pair) => {
            const [wanted, there] = [pair.image.subarray(0, range.length), pair.device.subarray(0, range.length)];
            await this.image.read(wanted, range.offset);
            await this.disk.read(there, range.offset);
            const at = firstDifference(wanted, there);
            if (at >= 0) {
                await this.image.assertUnchanged();
                throw mismatch(this.device, range.offset + at);
            }
            this.done.verified += range.length;
            this.options.onProgress?.(this.done.verified, this.done.written, "verify");
        });
    }

    /** The image's part is in the pair already. */
    private async differing({ offset, length }: Range, pair: Pair): Promise<{ from: number; to: number } | undefined> {
        const there = pair.device.subarray(0, length);
        if (!(await this.disk.tryRead(there, offset))) return { from: 0, to: length };
        return difference(pair.image.subarray(0, length), there);
    }

    private async differs(range: Range): Promise<boolean> {
        const pair = this.pairs[0]!;
        await this.image.read(pair.image.subarray(0, range.length), range.offset);
        return (await this.differing(range, pair)) !== undefined;
    }

    /** Once. */
    private blank(): Promise<void> {
        return (this.blanked ??= (async () => {
            await this.disk.write(pages([HEAD])[0]!.subarray(0, Math.min(HEAD, this.total)), 0);
            await this.disk.sync();
        })());
    }
}
