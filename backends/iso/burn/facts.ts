import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import { errnoOf } from "../../../localFiles";
import { UnikernelError } from "../../../model";
import { lastingNames } from "./names";
import { numberOf } from "./number";
import { isRemovable } from "./removable";
import { namesIn, type Roots, textOf } from "./roots";
import { serialsOf } from "./serial";
import { type Use, usesOf } from "./uses";

/** The facts of a block device that the kernel reports (Documentation/ABI/stable/sysfs-block in the kernel's tree). */
export interface DeviceFacts {
    /** The declared name, and the node that it resolves to: `/dev/sdb`. */
    device: string;
    node: string;
    /** `8:16` */
    number: string;
    /** The whole device's number where this is one of its partitions. */
    partitionOf?: string;
    optical: boolean;
    /** Bytes; 0 without a medium in the drive. */
    size: number;
    /** Bytes of a logical sector: the unit of direct access. */
    sector: number;
    readOnly: boolean;
    removable: boolean;
    /** Every spelling of the device's own serial number. */
    serials: string[];
    /** Other whole devices with the same serial, for example the slots of one card reader. */
    twins: string[];
    /** Names below by-id and by-path that lead to it. */
    lasting: string[];
    uses: Use[];
    /** A number that differs for every device plugged in since the machine booted; undefined before Linux 5.15. */
    sequence?: string;
}

/**
 * Return the facts of a device.
 * @throws UnikernelError `not-found`, `permission`, `invalid` (no block device) at `burn.device`
 */
export async function factsOf(device: string, roots: Roots): Promise<DeviceFacts> {
    const { node, number } = await locate(device);
    const folder = await realpath(join(roots.sys, "dev/block", number)).catch(() => undefined);
    if (folder === undefined) {
        throw new UnikernelError(
            "not-found",
            `${device} is a block device, but the kernel knows no device ${number} behind it`,
            {
                property: "burn.device",
                hint: "the name is left over from a device that was unplugged: plug it in again, and see lsblk",
            },
        );
    }
    const partition = (await textOf(join(folder, "partition"))) !== undefined;
    const serials = await serialsOf(folder, number, roots);
    return {
        device,
        node,
        number,
        ...(partition ? { partitionOf: basename(dirname(folder)).replaceAll("!", "/") } : {}),
        optical: (await textOf(join(folder, "device/type"))) === SCSI_OPTICAL,
        size: Number((await textOf(join(folder, "size"))) ?? 0) * 512,
        sector: Number((await textOf(join(folder, "queue/logical_block_size"))) ?? 512),
        readOnly: (await textOf(join(folder, "ro"))) === "1",
        removable: await isRemovable(folder),
        serials,
        twins: await twinsOf(folder, serials, roots),
        lasting: await lastingNames(node, roots),
        uses: await usesOf(folder, roots),
        sequence: await textOf(join(folder, "diskseq")),
    };
}

/** Peripheral device type 5 of SPC: TYPE_ROM in the kernel's include/scsi/scsi_proto.h. */
const SCSI_OPTICAL = "5";

async function locate(device: string): Promise<{ node: string; number: string }> {
    try {
        const node = await realpath(device);
        const stats = await stat(node);
        if (stats.isBlockDevice()) return { node, number: numberOf(stats.rdev) };
        const what = stats.isFile() ? "a file" : stats.isDirectory() ? "a folder" : "not a block device";
        throw new UnikernelError("invalid", `${device} is ${what}, and an image is burned to a block device`, {
            property: "burn.device",
            hint: "name a whole stick or disk, as ls -l /dev/disk/by-id shows them; a file is made by output",
        });
    } catch (error) {
        throw notThere(device, error);
    }
}

function notThere(device: string, error: unknown): unknown {
    const errno = errnoOf(error);
    if (errno === undefined) return error;
    if (errno === "EACCES") {
        return new UnikernelError("permission", `${device} cannot be reached: ${errno}`, {
            property: "burn.device",
            hint: "give the user who runs pulumi access to the folders that lead to it",
            cause: error,
        });
    }
    return new UnikernelError(errno === "ENOENT" ? "not-found" : "invalid", `${device} does not exist (${errno})`, {
        property: "burn.device",
        hint: "plug the device in, and see its name in ls -l /dev/disk/by-id",
        cause: error,
    });
}

async function twinsOf(folder: string, serials: string[], roots: Roots): Promise<string[]> {
    const twins: string[] = [];
    if (serials.length === 0) return twins;
    for (const name of await namesIn(join(roots.sys, "block"))) {
        const other = await realpath(join(roots.sys, "block", name)).catch(() => folder);
        // An empty slot of a card reader cannot be written to by mistake.
        if (other === folder || Number((await textOf(join(other, "size"))) ?? 0) === 0) continue;
        const theirs = await serialsOf(other, (await textOf(join(other, "dev"))) ?? "", roots);
        if (theirs.some((serial) => serials.includes(serial))) twins.push(name);
    }
    return twins;
}
