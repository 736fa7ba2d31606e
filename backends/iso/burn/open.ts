import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

import { UnikernelError } from "../../../model";
import { openError } from "./errors";
import { numberOf } from "./number";

/** An open device, accessed past the page cache: offsets, lengths and buffers are whole sectors. */
export interface DeviceFile {
    /** @returns bytes read; fewer than requested only at the device's end */
    read(buffer: Uint8Array, offset: number): Promise<number>;
    write(buffer: Uint8Array, offset: number): Promise<number>;
    /** Wait until the device itself holds all written data. */
    sync(): Promise<void>;
    close(): Promise<void>;
}

/** The identity of a device that is opened. */
export interface Opened {
    device: string;
    node: string;
    /** `8:16`; reveals that another device has taken the node meanwhile. */
    number: string;
}

export type OpenDevice = (device: Opened, purpose: keyof typeof FLAGS) => Promise<DeviceFile>;

const FLAGS = {
    // On a block device O_EXCL fails with EBUSY where the device is in use (a mount, a RAID, swap): open(2).
    write: constants.O_RDWR | constants.O_DIRECT | constants.O_EXCL,
    /** Without O_EXCL: many desktops mount every stick. */
    read: constants.O_RDONLY | constants.O_DIRECT,
};

/** @throws UnikernelError `in-use`, `permission`, `not-found` at `burn.device` */
export const openDevice: OpenDevice = async (device, purpose) => {
    const handle = await open(device.node, FLAGS[purpose]).catch((error) => {
        throw openError(error, device);
    });
    try {
        const stats = await handle.stat();
        if (!stats.isBlockDevice() || numberOf(stats.rdev) !== device.number) throw swapped(device);
    } catch (error) {
        await handle.close();
        throw error;
    }
    return fileOf(handle);
};

function fileOf(handle: FileHandle): DeviceFile {
    return {
        read: async (buffer, offset) => (await handle.read(buffer, 0, buffer.length, offset)).bytesRead,
        write: async (buffer, offset) => (await handle.write(buffer, 0, buffer.length, offset)).bytesWritten,
        sync: () => handle.sync(),
        close: () => handle.close(),
    };
}

export function swapped({ device, node }: Opened): UnikernelError {
    return new UnikernelError("changed", `${device} was ${node} a moment ago and is another device now`, {
        property: "burn.device",
        hint: "leave it plugged in, and run again",
    });
}
