import { join } from "node:path";

import { usbDevice } from "./removable";
import { bytesOf, type Roots, textOf } from "./roots";

/**
 * Return every spelling of a device's serial number that the kernel or udev reports, so that the value from
 * `lsblk -o SERIAL`, `udevadm info` or the sticker matches: the drive's own (nvme, mmc, virtio), page 0x80 of a SCSI
 * or ATA disk, the world-wide id, and the serial of the USB device around it.
 */
export async function serialsOf(folder: string, number: string, { udev }: Roots): Promise<string[]> {
    const usb = await usbDevice(folder);
    const found = [
        ...(await fromUdev(join(udev, `b${number}`))),
        await textOf(join(folder, "serial")),
        await textOf(join(folder, "device/serial")),
        unitSerial(await bytesOf(join(folder, "device/vpd_pg80"))),
        usb && (await textOf(join(usb, "serial"))),
        await textOf(join(folder, "wwid")),
        await textOf(join(folder, "device/wwid")),
    ];
    return [...new Set(found.filter((serial) => serial !== undefined && serial !== ""))] as string[];
}

const PROPERTIES = ["ID_SERIAL_SHORT", "ID_SCSI_SERIAL"];

async function fromUdev(file: string): Promise<string[]> {
    const lines = ((await textOf(file)) ?? "").split("\n");
    return PROPERTIES.flatMap((name) =>
        lines.filter((line) => line.startsWith(`E:${name}=`)).map((line) => line.slice(name.length + 3).trim()),
    );
}

/** Decode vital product data page 0x80 (SPC-4, 7.8.15): a header of four bytes, its last two the length, then ASCII. */
function unitSerial(page: Buffer | undefined): string | undefined {
    if (page === undefined || page.length < 4 || page[1] !== 0x80) return undefined;
    return page
        .subarray(4, 4 + page.readUInt16BE(2))
        .toString("latin1")
        .replaceAll("\0", "")
        .trim();
}
