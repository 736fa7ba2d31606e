import { library } from "./library";

/** Return a folder of the host as a storage pool (libvirt: formatstorage). The mode is octal, as libvirt expects it. */
export function renderPool({
    name,
    uuid,
    folder,
    mode,
}: {
    name: string;
    uuid?: string;
    folder: string;
    mode: number;
}): string {
    const pool = library().create().ele("pool", { type: "dir" });
    pool.ele("name").txt(name);
    if (uuid !== undefined) pool.ele("uuid").txt(uuid);
    const target = pool.ele("target");
    target.ele("path").txt(folder);
    target.ele("permissions").ele("mode").txt(octal(mode));
    return pool.end({ headless: true });
}

/** Return a volume of `size` bytes of which nothing is allocated yet. */
export function renderVolume({ name, size, mode }: { name: string; size: number; mode: number }): string {
    const volume = library().create().ele("volume");
    volume.ele("name").txt(name);
    volume.ele("capacity", { unit: "bytes" }).txt(String(size));
    volume.ele("allocation", { unit: "bytes" }).txt("0");
    const target = volume.ele("target");
    target.ele("format", { type: "raw" });
    target.ele("permissions").ele("mode").txt(octal(mode));
    return volume.end({ headless: true });
}

/** Return the time of the last write to a volume, in milliseconds of its host's clock. */
export function changedAt(xml: string): number | undefined {
    const seconds = /<mtime>\s*(\d+(?:\.\d+)?)\s*<\/mtime>/.exec(xml)?.[1];
    return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** Return the number of the user who owns a volume. */
export function ownerIn(xml: string): number | undefined {
    const uid = /<permissions>[^]*?<owner>\s*(\d+)\s*<\/owner>/.exec(xml)?.[1];
    return uid === undefined ? undefined : Number(uid);
}

function octal(mode: number): string {
    return `0${mode.toString(8)}`;
}
