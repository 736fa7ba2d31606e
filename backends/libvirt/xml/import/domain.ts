import type { OnCrash } from "../../../../spec";
import { mebibytes } from "../facts";
import { QEMU_NAMESPACE } from "../names";
import { all, at, type Tree, text, tree } from "../tree";
import { readCommandline } from "./commandline";
import { readDevices } from "./devices";
import { readDisks } from "./disks";
import { readInterfaces } from "./interfaces";
import { type Declared, Notes } from "./notes";

/** Read below, libvirt's own, or nothing to the guest. */
const READ = new Set([
    "name",
    "uuid",
    "metadata",
    "memory",
    "currentMemory",
    "vcpu",
    "os",
    "features",
    "cpu",
    "clock",
    "on_poweroff",
    "on_reboot",
    "on_crash",
    "pm",
    "devices",
    "resource",
]);
/** How the host looks after it. */
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
const FEATURES = new Set(["acpi", "apic", "pae", "vmport", "pvspinlock"]);
const BOOT = new Set(["type", "kernel", "initrd", "cmdline", "boot", "bootmenu", "bios"]);
const ON_CRASH: Record<string, OnCrash> = {
    destroy: "destroy",
    restart: "restart",
    preserve: "preserve",
    "rename-restart": "restart",
    "coredump-destroy": "destroy",
    "coredump-restart": "restart",
};

/** Reads a QEMU domain's definition (libvirt: formatdomain), however it was made, into what can be declared, and names the rest. */
export function readForImport(domainXml: string): { declared: Declared; notes: Notes } {
    const domain = tree(domainXml, "domain");
    const notes = new Notes();
    const devices = at(domain, "devices");
    readRest(domain, notes);
    readDevices(devices, notes);
    const qemu = readCommandline(all(at(domain, "commandline"), "arg").map((arg) => arg.attributes.value ?? ""));
    const interfaces = [...readInterfaces(devices, notes), ...qemu.interfaces].sort(
        (one, other) => one.place - other.place,
    );
    return {
        notes,
        declared: {
            accelerator: acceleratorOf(domain, notes),
            memory: memoryOf(domain, notes),
            vcpus: vcpusOf(domain, notes),
            onCrash: onCrashOf(domain, notes),
            kernel: text(domain, "os", "kernel"),
            initrd: text(domain, "os", "initrd"),
            cmdline: text(domain, "os", "cmdline") ?? "",
            blocks: readDisks(devices, notes),
            interfaces: interfaces.map(({ mac, attach }) => ({ mac, attach })),
            gdb: qemu.gdb,
            qemuArgs: qemu.rest,
        },
    };
}

function readRest(domain: Tree, notes: Notes): void {
    for (const { name, namespace, children } of domain.children) {
        if (namespace === QEMU_NAMESPACE) {
            if (name !== "commandline") notes.refuse(`qemu:${name}`);
            else if (children.some((child) => child.name !== "arg")) notes.refuse("qemu:env");
        } else if (TUNING.has(name)) notes.drop(name);
        else if (!READ.has(name)) notes.refuse(name);
    }
    const os = at(domain, "os");
    const { arch = "x86_64", machine = "pc" } = at(os, "type")?.attributes ?? {};
    if (text(os, "type") !== "hvm" || arch !== "x86_64")
        notes.refuse(`an operating system of type ${text(os, "type") ?? "?"} for ${arch}`);
    if (os?.attributes.firmware) notes.refuse(`firmware ${os.attributes.firmware}`);
    for (const { name } of os?.children ?? []) if (!BOOT.has(name)) notes.refuse(`${name} in os`);
    if (!/^pc(-i440fx|$)/.test(machine)) notes.change("machine", machine, "pc");
    for (const { name } of at(domain, "features")?.children ?? [])
        if (!FEATURES.has(name)) notes.drop(`feature ${name}`);
    const { offset = "utc" } = at(domain, "clock")?.attributes ?? {};
    if (offset !== "utc") notes.change("clock", offset, "utc");
    const poweroff = text(domain, "on_poweroff") ?? "destroy";
    if (poweroff !== "destroy") notes.change("on_poweroff", poweroff, "destroy");
    const emulator = text(domain, "devices", "emulator");
    if (emulator && !/\/(qemu-system-x86_64|qemu-kvm|kvm)$/.test(emulator))
        notes.change("emulator", emulator, "the host's own");
}

function acceleratorOf(domain: Tree, notes: Notes): Declared["accelerator"] {
    const { type = "" } = domain.attributes;
    if (type !== "kvm" && type !== "qemu") notes.refuse(`a domain of type ${type}`);
    const cpu = at(domain, "cpu");
    const ours = type === "kvm" ? "host-passthrough" : "maximum";
    const mode = cpu?.attributes.mode ?? "";
    if (cpu && mode !== ours) notes.change("cpu", text(cpu, "model") ?? (mode || "of its own"), ours);
    return type === "kvm" ? "kvm" : "tcg";
}

function memoryOf(domain: Tree, notes: Notes): number {
    const memory = mebibytes(at(domain, "memory"));
    const current = at(domain, "currentMemory");
    if (!Number.isInteger(memory) || memory < 1)
        notes.refuse(
            `memory of ${memory * 1024} KiB, which is no whole number of MiB (virsh setmaxmem NAME ${Math.max(1, Math.ceil(memory || 0))}M --config)`,
        );
    if (current && mebibytes(current) !== memory)
        notes.change("memory", `${mebibytes(current)} of ${memory} MiB`, `${memory} MiB`);
    return memory;
}

function vcpusOf(domain: Tree, notes: Notes): number {
    const vcpu = at(domain, "vcpu");
    const count = Number(text(domain, "vcpu") ?? 1);
    const { current, cpuset } = vcpu?.attributes ?? {};
    if (current !== undefined && Number(current) !== count)
        notes.change("processors", `${current} of ${count}`, String(count));
    if (cpuset) notes.drop("pinned processors");
    return count;
}

function onCrashOf(domain: Tree, notes: Notes): OnCrash {
    const said = text(domain, "on_crash") ?? "destroy";
    const reboot = text(domain, "on_reboot") ?? "restart";
    const onCrash = Object.hasOwn(ON_CRASH, said) ? ON_CRASH[said] : undefined;
    if (!onCrash) notes.refuse(`on_crash ${said}`);
    else if (onCrash !== said) notes.change("on_crash", said, onCrash);
    const ours = onCrash === "restart" ? "restart" : "destroy";
    if (reboot !== ours) notes.change("on_reboot", reboot, ours);
    return onCrash ?? "destroy";
}
