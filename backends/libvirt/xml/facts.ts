import type { Forward } from "../../../spec";
import type { DomainFacts } from "../model";
import { type QemuFacts, readQemu } from "./qemu";
import { all, at, type Tree, text, tree } from "./tree";

/** What a domain's XML says, in the model's terms: the same for what we render and for what libvirt makes of it. */
export function readFacts(domainXml: string): DomainFacts {
    const domain = tree(domainXml, "domain");
    const devices = at(domain, "devices");
    const qemu = readQemu(all(at(domain, "commandline"), "arg").map((arg) => arg.attributes.value ?? ""));
    const memory = mebibytes(at(domain, "memory"));
    const current = at(domain, "currentMemory");
    return {
        name: text(domain, "name") ?? "",
        uuid: text(domain, "uuid") ?? "",
        type: domain.attributes.type ?? "",
        machine: at(domain, "os", "type")?.attributes.machine ?? "",
        memoryMib: memory,
        currentMemoryMib: current ? mebibytes(current) : memory,
        vcpus: Number(text(domain, "vcpu") ?? 1),
        onCrash: text(domain, "on_crash") ?? "destroy",
        onReboot: text(domain, "on_reboot") ?? "restart",
        kernel: text(domain, "os", "kernel"),
        initrd: text(domain, "os", "initrd"),
        cmdline: text(domain, "os", "cmdline"),
        disks: all(devices, "disk").map(readDisk),
        interfaces: readInterfaces(all(devices, "interface"), qemu),
        forwards: [...qemu.nets.flatMap((net) => net.forwards), ...all(devices, "interface").flatMap(readForwards)],
        consoleLog: at(devices, "serial", "log")?.attributes.file ?? at(devices, "console", "log")?.attributes.file,
        panicDevice: at(devices, "panic") !== undefined,
        gdb: qemu.gdb,
        qemuArgs: qemu.rest,
    };
}

function readDisk(disk: Tree): DomainFacts["disks"][number] {
    return {
        path: at(disk, "source")?.attributes.file ?? "",
        readonly: at(disk, "readonly") !== undefined,
        target: at(disk, "target")?.attributes.dev ?? "",
        format: at(disk, "driver")?.attributes.type ?? "",
    };
}

function readInterfaces(elements: Tree[], qemu: QemuFacts): DomainFacts["interfaces"] {
    const known = elements.map((element, index) => ({
        // Without PCI addresses (Xen) the order of the document is the guest's.
        slot: Number(at(element, "address")?.attributes.slot ?? index),
        interface: { mac: at(element, "mac")?.attributes.address ?? "", ...readSource(element) },
    }));
    const users = qemu.nets.map(({ mac, slot }) => ({ slot, interface: { mac, kind: "user" as const } }));
    return [...known, ...users].sort((a, b) => a.slot - b.slot).map((entry) => entry.interface);
}

function readSource(element: Tree): Omit<DomainFacts["interfaces"][number], "mac"> {
    const source = at(element, "source")?.attributes;
    switch (element.attributes.type) {
        case "user":
            return { kind: "user" };
        case "network":
            return { kind: "network", source: source?.network };
        case "bridge":
            return { kind: "bridge", source: source?.bridge };
        case "ethernet":
            return { kind: "tap", source: at(element, "target")?.attributes.dev };
        default:
            return { kind: "other" };
    }
}

export function readForwards(element: Tree): Forward[] {
    return all(element, "portForward").flatMap(({ attributes: { proto, address = "0.0.0.0" }, children }) =>
        children.map(
            ({ attributes: range }): Forward => ({
                protocol: proto === "udp" ? "udp" : "tcp",
                address,
                host: Number(range.start),
                guest: Number(range.to ?? range.start),
            }),
        ),
    );
}

const KIB = new Map([
    ["b", 1 / 1024],
    ["bytes", 1 / 1024],
    ["KiB", 1],
    ["k", 1],
    ["MiB", 1024],
    ["M", 1024],
    ["GiB", 1024 ** 2],
    ["G", 1024 ** 2],
    ["TiB", 1024 ** 3],
    ["T", 1024 ** 3],
]);

/** libvirt writes KiB back, whatever it was given. */
export function mebibytes(element: Tree | undefined): number {
    return (Number(element?.text ?? 0) * (KIB.get(element?.attributes.unit ?? "KiB") ?? 1)) / 1024;
}
