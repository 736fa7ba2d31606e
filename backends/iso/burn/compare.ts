import { type BurnSpec, hasCode } from "../../../model";
import { Disk, difference } from "./disk";
import { endsEarly } from "./errors";
import { type DeviceFacts, factsOf } from "./facts";
import { PaddedImage, padFrom } from "./image";
import { type OpenDevice, openDevice } from "./open";
import { chunksOf, inParallel, makePairs } from "./parallelChunks";
import { wrongDevice } from "./refusal";
import { type Roots, systemRoots } from "./roots";

export interface CompareOptions {
    roots?: Roots;
    open?: OpenDevice;
}

/**
 * Return whether a device begins with the image, by its content past the page cache. Reads up to the first difference
 * and changes nothing; also reads a device that is mounted.
 * @param size bytes of the image
 * @returns `absent`: the intended device is missing: unplugged, without its medium, or another device has its name.
 *   `different`: also where it is smaller than the image, or has unreadable sectors
 * @throws UnikernelError `permission` at `burn.device`; `not-found`, `changed` for the image
 */
export async function compareDevice(
    image: string,
    size: number,
    burn: BurnSpec,
    options: CompareOptions = {},
): Promise<"same" | "different" | "absent"> {
    const facts = await find(burn, options.roots ?? systemRoots);
    if (facts === undefined) return "absent";
    const source = await PaddedImage.open(image, size);
    try {
        const file = await (options.open ?? openDevice)(facts, "read");
        try {
            return (await isSame(source, size, new Disk(file, facts), facts)) ? "same" : "different";
        } finally {
            await file.close();
        }
    } catch (error) {
        if (hasCode(error, "not-found", "changed", "no-space", "program-failed") && error.property === "burn.device") {
            // A second look tells an unplugged stick from a failed read.
            return (await find(burn, options.roots ?? systemRoots)) === undefined ? "absent" : "different";
        }
        throw error;
    } finally {
        await source.close();
    }
}

async function find(burn: BurnSpec, roots: Roots): Promise<DeviceFacts | undefined> {
    try {
        const facts = await factsOf(burn.device, roots);
        return wrongDevice(burn, facts, roots) === undefined ? facts : undefined;
    } catch (error) {
        if (hasCode(error, "not-found", "invalid")) return undefined;
        throw error;
    }
}

async function isSame(image: PaddedImage, size: number, disk: Disk, facts: DeviceFacts): Promise<boolean> {
    const { sector } = facts;
    const total = Math.ceil(size / sector) * sector;
    if (facts.size < total) throw endsEarly(facts, facts.size);
    const pairs = makePairs();
    await padFrom(disk, image, size, sector, pairs[0]!.device);
    let same = true;
    await inParallel(chunksOf(0, total), pairs, async ({ offset, length }, pair) => {
        if (!same) return;
        const [wanted, there] = [pair.image.subarray(0, length), pair.device.subarray(0, length)];
        await image.read(wanted, offset);
        await disk.read(there, offset);
        same = same && difference(wanted, there) === undefined;
    });
    return same;
}
