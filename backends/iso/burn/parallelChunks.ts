import { throwIfAborted } from "../../../model";
import { CHUNK, pages } from "./pages";

export interface Range {
    /** Bytes from the start. */
    offset: number;
    length: number;
}

/** Buffers for a chunk of the image and the same chunk of the device. */
export interface Pair {
    image: Buffer;
    device: Buffer;
}

/** Two: one lane reads and compares while the other one writes. More would occupy all four threads of Node. */
const CONCURRENCY = 2;

export function makePairs(): Pair[] {
    const buffers = pages(Array.from({ length: 2 * CONCURRENCY }, () => CHUNK));
    return Array.from({ length: CONCURRENCY }, (_, lane) => ({
        image: buffers[2 * lane]!,
        device: buffers[2 * lane + 1]!,
    }));
}

/** Split a range into chunks that begin at multiples of CHUNK. */
export function chunksOf(from: number, to: number): Range[] {
    const chunks: Range[] = [];
    for (let offset = from; offset < to; ) {
        const end = Math.min(to, (Math.floor(offset / CHUNK) + 1) * CHUNK);
        chunks.push({ offset, length: end - offset });
        offset = end;
    }
    return chunks;
}

/**
 * Do the work for each range, in order, one at a time in each lane. Returns or throws only after all lanes have
 * ended, so that the caller can release the buffers and the device.
 */
export async function inParallel(
    ranges: Range[],
    pairs: Pair[],
    work: (range: Range, pair: Pair) => Promise<void>,
): Promise<void> {
    const failures: { offset: number; error: unknown }[] = [];
    let next = 0;
    const lane = async (pair: Pair): Promise<void> => {
        for (let range = ranges[next++]; range !== undefined && failures.length === 0; range = ranges[next++]) {
            try {
                throwIfAborted();
                await work(range, pair);
            } catch (error) {
                failures.push({ offset: range.offset, error });
            }
        }
    };
    await Promise.all(pairs.map(lane));
    // Both lanes may fail for the same reason: report the lower offset.
    const [first] = failures.sort((a, b) => a.offset - b.offset);
    if (first) throw first.error;
}
