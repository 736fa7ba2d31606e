import { all, at, type Tree } from "../tree";
import type { Declared, Notes } from "./notes";

/** What a disk may hold that changes nothing for its guest. */
const INDIFFERENT = new Set(["driver", "source", "target", "address", "alias", "readonly", "boot", "backingStore"]);
/** What only the host does for it. */
const TUNING = new Set(["iotune", "blockio", "serial", "wwn", "vendor", "product"]);

/** Disks in the order in which a guest finds them: by PCI address (formatdomain, "Hard drives, floppy disks, CDROMs"). */
export function readDisks(devices: Tree | undefined, notes: Notes): Declared["blocks"] {
    return byAddress(all(devices, "disk")).flatMap((disk) => readDisk(disk, notes));
}

function readDisk(disk: Tree, notes: Notes): Declared["blocks"] {
    const source = at(disk, "source");
    const { type = "file", device = "disk" } = disk.attributes;
    const { dev = "?", bus = "" } = at(disk, "target")?.attributes ?? {};
    const format = at(disk, "driver")?.attributes.type ?? "raw";
    const named = `disk ${dev}`;
    if (device !== "disk") {
        if (source) notes.refuse(`${device} ${dev}`);
        else notes.drop(`empty ${device}`);
        return [];
    }
    const path = source?.attributes.file;
    if (type !== "file" || !path) notes.refuse(`${named}, which is no file (${type})`);
    if (bus !== "virtio") notes.refuse(`${named} on bus ${bus || "?"}`);
    if (format !== "raw" && format !== "qcow2") notes.refuse(`${named} of format ${format}`);
    if (at(disk, "backingStore", "source")) notes.refuse(`${named}, which needs another file`);
    for (const { name } of disk.children) {
        if (TUNING.has(name)) notes.drop(`${name} of ${named}`);
        else if (!INDIFFERENT.has(name)) notes.refuse(`${name} of ${named}`);
    }
    for (const { name } of source?.children ?? []) if (name !== "seclabel") notes.refuse(`${name} of ${named}`);
    return path && type === "file"
        ? [{ path, writable: at(disk, "readonly") === undefined, format: format === "qcow2" ? "qcow2" : "raw" }]
        : [];
}

/** PCI addresses as one number; what has none comes last, in the order of the document. */
export function placeOf(device: Tree): number {
    const { type, domain, bus, slot, function: part } = at(device, "address")?.attributes ?? {};
    if (type !== "pci" && slot === undefined) return Number.MAX_SAFE_INTEGER;
    return [domain, bus, slot, part].reduce((place, number) => place * 256 + (Number(number ?? 0) || 0), 0);
}

function byAddress(devices: Tree[]): Tree[] {
    return [...devices].sort((one, other) => placeOf(one) - placeOf(other));
}
