import type { DiskModel, DomainFacts } from "../model";
import { all, at, type Element, element, type Tree } from "../xml";
import type { Device, ImportedTree } from "./device";
import type { Declared, Notes } from "./notes";
import { pciOrder, slotAddress } from "./pci";

/** Elements of a disk that change nothing for its guest. */
const INDIFFERENT = new Set(["driver", "source", "target", "address", "alias", "readonly", "boot", "backingStore"]);
/** Elements by which the host tunes it. */
const TUNING = new Set(["iotune", "blockio", "serial", "wwn", "vendor", "product"]);

export const disks = {
    arguments: ["blocks"],
    render: (model) => ({ devices: model.disks.map(render) }),
    read: ({ devices }) => ({ disks: all(devices, "disk").map(read) }),
    compared: (facts) => ({ blocks: facts.disks }),
    import: {
        devices: { disk: () => {} },
        declare: ({ devices }: ImportedTree, notes: Notes) => ({
            // By PCI address (formatdomain, "Hard drives, floppy disks, CDROMs").
            blocks: all(devices, "disk")
                .sort((one, other) => pciOrder(one) - pciOrder(other))
                .flatMap((disk) => declare(disk, notes)),
        }),
    },
} satisfies Device;

function render({ path, format, readonly, target, bus, driver = "qemu", slot }: DiskModel): Element {
    return element(
        "disk",
        { type: "file", device: "disk", ...(bus === "virtio-transitional" ? { model: bus } : {}) },
        element("driver", { name: driver, type: format }),
        element("source", { file: path }),
        element("target", { dev: target, bus: bus === "xen" ? "xen" : "virtio" }),
        readonly ? element("readonly") : undefined,
        slotAddress(slot),
    );
}

function read(disk: Tree): DomainFacts["disks"][number] {
    return {
        path: at(disk, "source")?.attributes.file ?? "",
        readonly: at(disk, "readonly") !== undefined,
        target: at(disk, "target")?.attributes.dev ?? "",
        format: at(disk, "driver")?.attributes.type ?? "",
    };
}

function declare(disk: Tree, notes: Notes): Declared["blocks"] {
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
