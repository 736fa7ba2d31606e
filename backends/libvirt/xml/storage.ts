import { type Element, element, writeElement } from "./element";

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
    return writeElement(
        element(
            "pool",
            { type: "dir" },
            element("name", {}, name),
            uuid === undefined ? undefined : element("uuid", {}, uuid),
            element("target", {}, element("path", {}, folder), permissions(mode)),
        ),
    );
}

/** Return a volume of `size` bytes of which nothing is allocated yet. */
export function renderVolume({ name, size, mode }: { name: string; size: number; mode: number }): string {
    return writeElement(
        element(
            "volume",
            {},
            element("name", {}, name),
            element("capacity", { unit: "bytes" }, String(size)),
            element("allocation", { unit: "bytes" }, "0"),
            element("target", {}, element("format", { type: "raw" }), permissions(mode)),
        ),
    );
}

function permissions(mode: number): Element {
    return element("permissions", {}, element("mode", {}, `0${mode.toString(8)}`));
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
