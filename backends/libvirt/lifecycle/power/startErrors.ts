import { basename } from "node:path";

import { UnikernelError, type UnikernelSpec } from "../../../../model";
import { roleOf } from "../../fileNames";
import type { FileRole } from "../../model";
import type { StartRule } from "../../platform";
import { attachPath, filePath, forwardPath } from "./propertyPaths";

/** Rules for errors of both platforms. The first match counts. */
const RULES: StartRule[] = [
    {
        says: /Could not set up host forwarding rule '(tcp|udp):(.*?):(\d+)-/,
        code: "in-use",
        property: (spec, [protocol = "", address = "", port]) => forwardPath(spec, protocol, address, Number(port)),
        summary: ([protocol, address, port]) =>
            `${protocol} port ${port} of ${address || "all addresses"} cannot be listened on: another program has it, the address is not this host's, or QEMU's user may not listen on it`,
        hint: ([protocol, , port]) =>
            `without a declared host port, run pulumi up again, which chooses another; otherwise declare another port, or end the program that has it: ss -l${protocol === "udp" ? "u" : "t"}np 'sport = :${port}'`,
    },
    {
        says: /-gdb tcp:.*?:(\d+): /,
        code: "in-use",
        property: () => "gdb.port",
        summary: ([port]) => `port ${port} cannot be listened on: another program has it`,
        hint: ([port]) => `choose another port, or end that program: ss -ltnp 'sport = :${port}'`,
    },
    {
        says: /no network with matching name '(.+?)'/,
        code: "not-found",
        property: (spec, [name]) => attachPath(spec, "network", name),
        summary: ([name]) => `there is no network ${name} on the host`,
        hint: () => "virsh net-list --all lists the host's networks",
    },
    {
        says: /network '(.+?)' is not active/,
        code: "not-found",
        property: (spec, [name]) => attachPath(spec, "network", name),
        summary: ([name]) => `network ${name} is not active`,
        hint: ([name]) => `virsh net-start ${name}`,
    },
    {
        says: /Cannot get interface (?:MTU|flags) on '(.+?)': No such device/,
        code: "not-found",
        property: (spec, [name]) => attachPath(spec, "bridge", name) ?? attachPath(spec, "tap", name),
        summary: ([name]) => `there is no device ${name} on the host`,
        hint: () => "ip -br link show type bridge lists the host's bridges",
    },
    {
        says: /Cannot set interface MTU on 'vnet\d+'|Unable to add bridge (\S+) port/,
        code: "invalid",
        property: (spec, [name]) => attachPath(spec, "bridge", name || undefined),
        summary: ([name]) => `${name || "the device"} is not a bridge that takes this guest`,
        hint: () => "ip -br link show type bridge lists the host's bridges",
    },
    {
        says: /managed='no' but specified dev doesn't exist/,
        code: "not-found",
        property: (spec) => attachPath(spec, "tap"),
        summary: () => "there is no such tap device on the host",
        hint: () => "ip tuntap add dev NAME mode tap",
    },
    {
        says: /Unable to create tap device '?([^':\s]+)'?: Device or resource busy/,
        code: "in-use",
        property: (spec, [name]) => attachPath(spec, "tap", name),
        summary: ([name]) => `another guest uses the tap device ${name}`,
        hint: () => "give each guest its own tap device",
    },
    {
        says: /cannot set up guest memory|Cannot allocate memory/,
        code: "no-space",
        property: () => "memory",
        summary: (_found, spec) => `the host cannot give ${spec.memory} MiB`,
        hint: () => "lower memory, or end other guests",
    },
    {
        says: /does not support virt type 'kvm'|Could not access KVM|failed to initialize kvm/i,
        code: "unsupported",
        property: () => "accelerator",
        summary: () => "the host's KVM cannot be used",
        hint: () => 'set accelerator: "tcg"; npx pulumi-unikernel doctor shows the reason',
    },
    {
        says: /Maximum CPUs greater than .* limit (\d+)|maximum vcpus|Invalid SMP CPUs/i,
        code: "unsupported",
        property: () => "vcpus",
        summary: ([limit], spec) => `${spec.vcpus} processors: this machine has at most ${limit || "fewer"}`,
    },
    {
        // Only from the start of a word: from each slash of a long path, the search would take quadratic time.
        says: /(?<![^\s':])(\/[^\s':]*)'?: Permission denied/,
        code: "permission",
        property: (spec, [path = ""]) => filePath(spec, path),
        summary: ([path]) => `QEMU may not open ${path}`,
        hint: ([path]) => permissionHint(path),
    },
    {
        says: /qemu: (?:invalid kernel header|.*multiboot.*)|could not load kernel|Error loading uncompressed kernel/i,
        code: "invalid",
        property: () => "kernel",
        summary: () =>
            "QEMU does not take this kernel: it has neither a multiboot nor a PVH nor a Linux header that it understands",
    },
    {
        says: /Image is not in qcow2 format/,
        code: "invalid",
        property: (spec) => pathOf(spec, "qcow2"),
        summary: () => "the file is not a qcow2 image",
    },
    {
        says: /No space left on device/,
        code: "no-space",
        property: () => undefined,
        summary: () => "the host's disk is full",
        hint: () => "df -h on the host shows the full file system",
    },
    {
        says: /qemu-system-\S+: (-\S+(?: \S+)?): (.*)/,
        code: "invalid",
        property: (spec) => (spec.qemuArgs?.length ? "qemuArgs" : undefined),
        summary: ([argument, why]) => `QEMU refuses ${argument}: ${why}`,
    },
];

/**
 * Return the error of a failed definition or start as one about the property that causes it. Others are returned
 * unchanged.
 */
export function translate(error: unknown, spec: UnikernelSpec, rules: StartRule[] = []): unknown {
    if (!(error instanceof Error)) return error;
    // It names its property already, or is not about the guest.
    if (error instanceof UnikernelError && (error.property !== undefined || error.code === "unreachable")) return error;
    for (const { says, code, property, summary, hint } of [...rules, ...RULES]) {
        const match = says.exec(error.message);
        if (!match) continue;
        const found = match.slice(1).map((text) => text ?? "");
        return new UnikernelError(code, summary(found, spec), {
            property: property(spec, found),
            hint: hint?.(found),
            cause: error,
        });
    }
    return error;
}

/** Return the error of a private file that QEMU could not open on this host, raised before any change. */
export function notOpened(spec: UnikernelSpec, path: string): UnikernelError {
    return new UnikernelError(
        "permission",
        `QEMU may not open ${path} (mode 0600); the update was not begun, and the guest still runs unchanged`,
        {
            property: filePath(spec, path),
            hint: permissionHint(path),
        },
    );
}

/**
 * Roles of files that may have mode 0600: QEMU's user owns them only where libvirt changes their owner at the start.
 */
const PRIVATE: readonly (FileRole | undefined)[] = ["persist", "scratch", "image", "initrd"];

function permissionHint(path = ""): string {
    const folder = "npx pulumi-unikernel doctor names the folder that shuts it out";
    if (!PRIVATE.includes(roleOf(basename(path)))) return folder;
    return (
        "if /etc/libvirt/qemu.conf on the host says dynamic_ownership = 0, libvirt does not give QEMU's user the guest's private files (mode 0600): " +
        `set it to 1 and restart libvirtd; else ${folder}`
    );
}

function pathOf({ blocks }: UnikernelSpec, format: string): string | undefined {
    const found = blocks.flatMap((block, index) => (block.format === format ? [`blocks[${index}]`] : []));
    return found.length === 1 ? found[0] : undefined;
}
