import type { UnikernelSpec } from "../../model";
import { attachPath, filePath } from "../libvirt/lifecycle/power/propertyPaths";
import type { StartRule } from "../libvirt/platform";

const BRIDGES = "ip -br link show type bridge lists the host's bridges";

/** Return the path of the only element, or of the list. */
const among = (list: "blocks" | "interfaces", { length }: unknown[]): string => (length === 1 ? `${list}[0]` : list);

function diskPath({ blocks }: UnikernelSpec, target: string): string {
    const index = blocks.length > 1 ? target.charCodeAt(3) - 97 : 0;
    return target.length === 4 && blocks[index] ? `blocks[${index}]` : among("blocks", blocks);
}

/** Messages of libxl and its domain builder about a start, and of libvirt's preparations. The first match counts. */
export const xenStartErrors: StartRule[] = [
    {
        says: /Could not find bridge device (\S+)/,
        code: "not-found",
        property: (spec, [name]) =>
            attachPath(spec, "bridge", name) ?? attachPath(spec, "network") ?? among("interfaces", spec.interfaces),
        summary: ([name]) => `there is no bridge ${name} on the host`,
        hint: () => BRIDGES,
    },
    {
        says: /killing execution of (\S+)(?: (\S+))? because of timeout/,
        code: "timeout",
        property: (spec, [script = ""]) =>
            script.includes("block") ? among("blocks", spec.blocks) : among("interfaces", spec.interfaces),
        summary: ([script]) => `Xen gave up on the host's ${script}: it had not ended within its time (40 s)`,
        hint: ([script]) =>
            `on the host: ls -l /dev/stdin (the scripts need it), and tail /var/log/xen/xen-hotplug.log; ${script} has to end by itself`,
    },
    {
        says: /Disk vdev=(\S+) failed to stat: (\S+?)(?::|$)/m,
        code: "not-found",
        property: (spec, [target = "", path = ""]) => filePath(spec, path) ?? diskPath(spec, target),
        summary: ([target, path]) => `the host cannot find the file of disk ${target}: ${path}`,
    },
    {
        says: /losetup (?:\S+ )*?(\/\S+) failed/,
        code: "program-failed",
        property: (spec, [path = ""]) => filePath(spec, path) ?? among("blocks", spec.blocks),
        summary: ([path]) => `the host has no loop device for ${path}`,
        hint: () =>
            "losetup -f on the host shows whether one is free; apt-get install qemu-system-xen does without them",
    },
    {
        says: /install the qemu-system-xen package/,
        code: "program-missing",
        property: (spec) => among("blocks", spec.blocks),
        summary: () => "the host has no QEMU that serves disks to Xen guests",
        hint: () => "apt-get install qemu-system-xen on the host",
    },
    {
        says: /can't allocate \S+ memory for domain|xc_dom_boot_mem_init failed|Failed to balloon domain0 memory|failed to free memory/,
        code: "no-space",
        property: () => "memory",
        summary: (_found, { memory, maxMemory }) =>
            `the host has less than ${maxMemory ?? memory} MiB left for a guest`,
        hint: () =>
            "xl info on the host names its free_memory; lower memory, end other guests, or give dom0 less (dom0_mem)",
    },
    {
        says: /failed to (?:open|mmap|stat) file '?(\/[^':\s]+)/,
        code: "not-found",
        property: (spec, [path = ""]) => filePath(spec, path) ?? (path.includes("/initrd-") ? undefined : "kernel"),
        summary: ([path]) => `the host cannot read ${path}`,
    },
    {
        says: /guest type (\S+) not supported by xen kernel/,
        code: "unsupported",
        property: () => "kernel",
        summary: ([type]) => `this host's Xen starts no ${type} kernels`,
    },
    {
        says: /no loader found|xc_dom_parse_image failed|ELF: not an ELF binary/,
        code: "invalid",
        property: () => "kernel",
        summary: () => "Xen does not know how to start this kernel",
    },
    {
        says: /could not find capabilities for (.*)|PVH guest os type not supported/,
        code: "unsupported",
        property: () => "kernel",
        summary: ([what]) => `this host cannot start guests of this type (${what || "PVH"})`,
        hint: () => "virsh capabilities lists the types that it can start; PVH needs a processor with virtualisation",
    },
    {
        says: /unable to add (disk|vif|nic) devices/,
        code: "program-failed",
        property: (spec, [kind]) =>
            kind === "disk" ? among("blocks", spec.blocks) : among("interfaces", spec.interfaces),
        summary: ([kind]) => `the host could not plug in the guest's ${kind === "disk" ? "disks" : "interfaces"}`,
        hint: () => "on the host: tail /var/log/libvirt/libxl/libxl-driver.log /var/log/xen/xen-hotplug.log",
    },
    {
        says: /libxenlight failed to create new domain/,
        code: "program-failed",
        property: () => undefined,
        summary: () => "Xen could not build the guest",
        hint: () => "on the host: tail /var/log/libvirt/libxl/libxl-driver.log",
    },
];
