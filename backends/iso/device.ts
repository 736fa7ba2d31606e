import { everyFewSeconds, mebibytes } from "../../localFiles";
import type { Burned, BurnSpec } from "../../model";
import type { Applied, Context } from "../backend";
import { burnImage, compareDevice, inspectDevice } from "./burn";
import type { Image } from "./image";
import { forgetBurn, noteBurn, wasBurnInterrupted } from "./interruptedBurns";

const DOING = { compare: "comparing", write: "writing", verify: "reading back" };

/** Write the image to the declared device, unless state says that the device already has this image. */
export async function ensureBurned(
    uuid: string,
    burn: BurnSpec,
    image: Image,
    { log }: Context,
    olds?: Applied,
): Promise<Burned> {
    const wanted: Burned = {
        device: burn.device,
        ...(burn.serial === undefined ? {} : { serial: burn.serial }),
        sha256: image.sha256,
        size: image.size,
    };
    if (isBurned(wanted, olds?.burned) && !(await wasBurnInterrupted(uuid))) return wanted;
    const device = await inspectDevice(burn, image.size);
    const say = everyFewSeconds((bytes: number, total: number, phase: keyof typeof DOING) =>
        log(`${DOING[phase]} ${burn.device}: ${mebibytes(bytes)} of ${mebibytes(total)} MiB`),
    );
    await noteBurn(uuid, burn.device);
    const { written } = await burnImage(image.path, image.size, device, { onProgress: say });
    await forgetBurn(uuid);
    log(
        `${burn.device}: ${mebibytes(written)} of ${mebibytes(image.size)} MiB were written, and all of it was read back`,
    );
    return wanted;
}

function isBurned(wanted: Burned, burned: Burned | undefined): boolean {
    return burned?.device === wanted.device && burned.serial === wanted.serial && burned.sha256 === wanted.sha256;
}

/** Compare the device with the burned image. While it is not plugged in, its recorded content counts as unchanged. */
export async function observeBurned(applied: Applied, path: string): Promise<{ burned?: Burned; differs: boolean }> {
    const { burn, burned } = applied;
    if (burn === undefined) return { differs: false };
    if (burned === undefined || (await wasBurnInterrupted(applied.uuid))) return { differs: true };
    return (await compareDevice(path, burned.size, burn)) === "different"
        ? { differs: true }
        : { burned, differs: false };
}
