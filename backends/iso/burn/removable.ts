import { dirname, join } from "node:path";

import { textOf } from "./roots";

/**
 * Return whether a person would call a device removable. That is more than the kernel's `removable` (a medium that can
 * be taken out of its drive): a disk or stick on USB, unless its port is soldered (`removable` of the USB device is
 * `fixed`, Documentation/ABI/testing/sysfs-devices-removable), and an SD card in a reader of its own (an eMMC is of
 * type MMC).
 */
export async function isRemovable(folder: string): Promise<boolean> {
    if ((await textOf(join(folder, "removable"))) === "1") return true;
    if ((await textOf(join(folder, "device/type"))) === "SD") return true;
    const usb = await usbDevice(folder);
    return usb !== undefined && (await textOf(join(usb, "removable"))) !== "fixed";
}

/** Return the folder of the USB device that a block device belongs to. */
export async function usbDevice(folder: string): Promise<string | undefined> {
    for (let above = dirname(folder); above !== dirname(above); above = dirname(above)) {
        if ((await textOf(join(above, "idVendor"))) !== undefined) return above;
    }
    return undefined;
}
