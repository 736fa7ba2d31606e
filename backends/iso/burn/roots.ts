import { readdir, readFile } from "node:fs/promises";

/** Where the kernel and udev tell of devices; another tree can be given in the place of each. */
export interface Roots {
    dev: string;
    sys: string;
    proc: string;
    /** One file a device, `b8:16` (systemd: src/libsystemd/sd-device). Not there: no udev runs. */
    udev: string;
}

export const systemRoots: Roots = { dev: "/dev", sys: "/sys", proc: "/proc", udev: "/run/udev/data" };

/** A small file's text without blanks around it; undefined where it is not there or cannot be read (an attribute of a device that is gone). */
export async function textOf(path: string): Promise<string | undefined> {
    return (await bytesOf(path))?.toString("utf8").trim();
}

/** As textOf, as it is. */
export function bytesOf(path: string): Promise<Buffer | undefined> {
    return readFile(path).catch(() => undefined);
}

/** The names in a folder, sorted; none where there is no folder. */
export async function namesIn(folder: string): Promise<string[]> {
    return (await readdir(folder).catch(() => [])).sort();
}
