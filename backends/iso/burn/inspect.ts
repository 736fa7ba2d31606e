import { constants } from "node:fs";
import { access, open } from "node:fs/promises";
import { join } from "node:path";

import type { BurnSpec } from "../../../model";
import { openError } from "./errors";
import { factsOf } from "./facts";
import { type Opened, swapped } from "./open";
import { refusalOf } from "./refusal";
import { type Roots, systemRoots, textOf } from "./roots";

/** A device that can be written. */
export interface Device extends Opened {
    /** The size that it reports. Bytes. */
    size: number;
    /** Bytes of a logical sector. */
    sector: number;
    /** Throws `changed` where another device has taken its node since it was plugged in. */
    stillThere(): Promise<void>;
}

/**
 * Return the device to which a medium will be written, after all checks. Changes nothing.
 * @param imageSize bytes that have to fit
 * @param roots where the kernel and udev describe devices
 * @throws UnikernelError with the reason, at `burn.device`, `burn.serial` or `burn.allowFixed`: `not-found` (no such
 *   device, no medium in it), `invalid` (not a whole block device, a name that moves, another serial number, a fixed
 *   disk), `in-use`, `permission` (read-only too), `no-space` (too small), `unsupported` (an optical drive)
 */
export async function inspectDevice(burn: BurnSpec, imageSize: number, roots: Roots = systemRoots): Promise<Device> {
    const facts = await factsOf(burn.device, roots);
    const refusal = refusalOf(burn, facts, imageSize, roots);
    if (refusal) throw refusal;
    const { device, node, number, size, sector, sequence } = facts;
    await probe({ device, node, number });
    return {
        device,
        node,
        number,
        size,
        sector,
        stillThere: async () => {
            if ((await textOf(join(roots.sys, "dev/block", number, "diskseq"))) !== sequence)
                throw swapped({ device, node, number });
        },
    };
}

/** Check that the device can be opened. Read-only, because udev probes a device after each close of a writer. */
async function probe(device: Opened): Promise<void> {
    try {
        await access(device.node, constants.R_OK | constants.W_OK);
        const handle = await open(device.node, constants.O_RDONLY | constants.O_EXCL);
        await handle.close();
    } catch (error) {
        throw openError(error, device);
    }
}
