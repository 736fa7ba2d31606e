import { at, QEMU_NAMESPACE, type Tree, tree } from "../xml";
import type { ImportedTree } from "./device";
import { readCommandline } from "./foreignCommandline";
import { DEVICES, type DeclaredByDevices } from "./list";
import { type Declared, Notes } from "./notes";
import { passedArguments, refusedOfQemu } from "./qemuArguments";

/** Elements by which the host looks after a guest, and which the guest does not see. */
const TUNING = new Set([
    "title",
    "description",
    "memoryBacking",
    "memtune",
    "numatune",
    "cputune",
    "blkiotune",
    "iothreads",
    "iothreadids",
    "defaultiothread",
    "perf",
    "seclabel",
    "genid",
    "vcpus",
]);
const KNOWN = new Set(DEVICES.flatMap((device) => device.import?.elements ?? []));
const DEVICE_NOTES: Record<string, (device: Tree, notes: Notes) => void> = Object.assign(
    {},
    ...DEVICES.map((device) => device.import?.devices),
);

/** Return what can be declared of a QEMU domain that anyone made (libvirt: formatdomain), and name the rest. */
export function readForImport(domainXml: string): { declared: Declared; notes: Notes } {
    const domain = tree(domainXml, "domain");
    const definition: ImportedTree = {
        domain,
        devices: at(domain, "devices"),
        commandline: readCommandline(passedArguments(domain)),
    };
    const notes = new Notes();
    for (const child of domain.children) noteElement(child, notes);
    for (const device of definition.devices?.children ?? []) {
        const note = Object.hasOwn(DEVICE_NOTES, device.name) ? DEVICE_NOTES[device.name] : undefined;
        if (note) note(device, notes);
        else notes.refuse(device.name);
    }
    const declared: DeclaredByDevices = Object.assign(
        {},
        ...DEVICES.map((device) => device.import?.declare?.(definition, notes)),
    );
    return { declared, notes };
}

function noteElement(child: Tree, notes: Notes): void {
    if (child.namespace === QEMU_NAMESPACE) {
        const refused = refusedOfQemu(child);
        if (refused !== undefined) notes.refuse(refused);
    } else if (KNOWN.has(child.name)) return;
    else if (TUNING.has(child.name)) notes.drop(child.name);
    else notes.refuse(child.name);
}
