import { readdir, readFile } from "node:fs/promises";

/** The folders in which the kernel and udev describe devices; tests replace them. */
export interface Roots {
    dev: string;
    sys: string;
    proc: string;
    /** One file per device, `b8:16` (systemd: src/libsystemd/sd-device). Missing where no udev runs. */
    udev: string;
}

export const systemRoots: Roots = { dev: "/dev", sys: "/sys", proc: "/proc", udev: "/run/udev/data" };

/**
 * Return a small file's text, trimmed; undefined where it is missing or cannot be read (as an attribute of a device
 * that was unplugged).
 */
export async function textOf(path: string): Promise<string | undefined> {
    return (await bytesOf(path))?.toString("utf8").trim();
}

/** Like textOf, but return the raw bytes. */
export function bytesOf(path: string): Promise<Buffer | undefined> {
    return readFile(path).catch(() => undefined);
}

/** Return the names in a folder, sorted; [] where there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
    return (await readdir(folder).catch(() => [])).sort();
}
