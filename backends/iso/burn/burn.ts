import { Disk, difference, firstDifference } from "./disk";
import { mismatch } from "./errors";
import { PaddedImage, padFrom } from "./image";
import type { Device } from "./inspect";
import { type OpenDevice, openDevice } from "./open";
import { HEAD, pages } from "./pages";
import { chunksOf, inParallel, makePairs, type Pair, type Range } from "./parallelChunks";
import { rereadPartitions } from "./partitions";
import { holdsSome } from "./sample";

/**
 * `compare`: read the device and write the differences. `write`: write without reading. `verify`: read back the
 * written ranges.
 */
export type BurnPhase = "compare" | "write" | "verify";

export interface BurnOptions {
    /** Called after each chunk. `total`: bytes of the phase. */
    onProgress?(bytes: number, total: number, phase: BurnPhase): void;
    /** Opens the device; tests inject faults here. */
    open?: OpenDevice;
}

/**
 * Write the image to the start of a device. Ranges that are equal already are not written; written ranges are synced
 * and read back past the page cache; the rest of the device stays as it is (so a backup GPT is where the image has
 * it, not at the device's end, and tools will warn about that).
 *
 * A device must not boot an incomplete image after an interrupted burn. So the first MiB is blanked before any other
 * write, and written again after the rest was read back, the boot sector last. A second run continues from there.
 * @param size bytes of the image
 * @returns bytes written: in each chunk of 4 MiB, the blocks of 64 KiB from the first that differed to the last
 * @throws UnikernelError at `burn.device`: `in-use`, `permission`, `not-found` (unplugged), `no-space` (the device
 *   ends before its reported size), `program-failed` (a kernel error, or different bytes read back); `changed`: the
 *   image changed, or another device has the node now
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
            // Check after opening: no other device can take the node of an open one.
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
        // After a blanking, the head is compared with the zeros that it left.
        if (this.blanked || (await this.differs({ offset: sector, length: head - sector }))) await this.blank();
        await this.step(chunksOf(sector, head), "compare");
        await this.image.assertUnchanged();
        await this.step([{ offset: 0, length: sector }], "compare", false);
        return this.done.written;
    }

    /** Write those parts of the ranges that differ from the image, sync, and verify what was written. */
    private async step(ranges: Range[], phase: BurnPhase, blankFirst = true): Promise<void> {
        const before = this.written.length;
        await inParallel(ranges, this.pairs, async (range, pair) => {
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
        await inParallel(ranges, this.pairs, async (range, pair) => {
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

    /** Return the differing part of a range. The pair already holds the image's bytes. */
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

    /** Blank the head, once. */
    private blank(): Promise<void> {
        return (this.blanked ??= (async () => {
            await this.disk.write(pages([HEAD])[0]!.subarray(0, Math.min(HEAD, this.total)), 0);
            await this.disk.sync();
        })());
    }
}
