import type { Disk } from "./disk";
import type { PaddedImage } from "./image";
import { BLOCK } from "./pages";
import type { Pair } from "./parallelChunks";

const SAMPLES = 32;
const zeros = Buffer.alloc(BLOCK);

/**
 * Return whether the device already holds part of the image, judged by samples across the image. If not, comparing
 * would only cost a read of the whole device. A wrong answer costs time, never correctness.
 */
export async function holdsSome(image: PaddedImage, disk: Disk, total: number, pair: Pair): Promise<boolean> {
    const blocks = Math.floor(total / BLOCK);
    const step = Math.max(1, Math.floor(blocks / SAMPLES));
    let asked = 0;
    for (let block = 0; block < blocks; block += step) {
        const [wanted, there] = [pair.image.subarray(0, BLOCK), pair.device.subarray(0, BLOCK)];
        await image.read(wanted, block * BLOCK);
        // A new device is full of zeros, so equal zeros prove nothing.
        if (wanted.equals(zeros)) continue;
        asked++;
        if ((await disk.tryRead(there, block * BLOCK)) && there.equals(wanted)) return true;
    }
    return asked === 0;
}
