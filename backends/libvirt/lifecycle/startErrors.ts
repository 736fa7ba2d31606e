import { UnikernelError, type AttachKind, type ErrorCode, type UnikernelSpec } from "../../../spec";

interface Translation { code: ErrorCode; property?: string; summary: string; hint?: string }
interface Rule {
    /** Part of what libvirt or QEMU says, in the versions named beside the tests. */
    pattern: RegExp;
    translate(found: RegExpExecArray, spec: UnikernelSpec): Translation;
}

const inUse = (property: string | undefined, summary: string, hint: string): Translation => ({ code: "in-use", property, summary, hint });

/** Messages of libvirt and QEMU about one property; the first that matches counts. */
const RULES: Rule[] = [
    {
        pattern: /Could not set up host forwarding rule '(tcp|udp):([^:']*|\[[^\]]*\]):(\d+)-/,
        translate: ([, protocol, address, port], spec) => inUse(forwardPath(spec, protocol!, address!, Number(port)),
            `${protocol} port ${port} of ${address || "all addresses"} is taken by another program`, `choose another port, or end that program (ss -ltnup | grep ${port})`),
    },
    {
        pattern: /-gdb tcp:.*?:(\d+): .*(?:in use|Failed to (?:find|bind))/s,
        translate: ([, port]) => inUse("gdb.port", `port ${port} is taken by another program`, `choose another port (ss -ltnp | grep ${port})`),
    },
    {
        pattern: /no network with matching name '([^']+)'/,
        translate: ([, name], spec) => ({ code: "not-found", property: attachPath(spec, "network", name!), summary: `there is no network ${name} on the host`, hint: "virsh net-list --all shows those that there are" }),
    },
    {
        pattern: /network '([^']+)' is not active/,
        translate: ([, name], spec) => ({ code: "not-found", property: attachPath(spec, "network", name!), summary: `network ${name} is not active`, hint: `virsh net-start ${name}` }),
    },
    {
        pattern: /(?:Cannot get interface (?:MTU|flags) on|Unable to add bridge|failed to get bridge|bridge name|Cannot find bridge) '?([\w.-]+)'?(?: port \S+)?.*(?:No such device|not exist)/,
        translate: ([, name], spec) => ({ code: "not-found", property: attachPath(spec, "bridge", name!), summary: `there is no bridge ${name} on the host`, hint: "ip -br link show type bridge shows those that there are" }),
    },
    {
        pattern: /(?:Unable to create tap device|[Uu]nable to open tap|target) '?([\w.-]+)'?.*(?:busy)/,
        translate: ([, name], spec) => inUse(attachPath(spec, "tap", name!), `tap device ${name} is used by another guest`, "give each guest a tap device of its own"),
    },
    {
        pattern: /target dev '?([\w.-]+)'?.*(?:not exist|doesn't exist)|Cannot find (?:tap )?device '?([\w.-]+)'?|Cannot get interface flags on '([\w.-]+)'|managed='no' but specified dev doesn't exist/,
        translate: (found, spec) => {
            const name = found[1] ?? found[2] ?? found[3];
            return { code: "not-found", property: attachPath(spec, "tap", name), summary: `there is no tap device ${name ?? "of that name"} on the host`, hint: `ip tuntap add dev ${name ?? "NAME"} mode tap` };
        },
    },
    {
        pattern: /domain '([^']+)' already exists with uuid (\S+)|domain '([^']+)' is already defined with uuid (\S+)/,
        translate: ([, one, uuid, other, otherUuid]) => ({ code: "not-ours", property: "name", summary: `domain ${one ?? other} (${uuid ?? otherUuid}) has the name that this guest would get`, hint: "set another name, or remove that domain" }),
    },
    {
        pattern: /cannot set up guest memory .*: (.*)|Cannot allocate memory/,
        translate: (_found, spec) => ({ code: "no-space", property: "memory", summary: `the host cannot give ${spec.memory} MiB`, hint: "lower memory, or end other guests" }),
    },
    {
        pattern: /(?:Could not access KVM kernel module|failed to initialize kvm|\/dev\/kvm).*?(Permission denied|No such file or directory|Device or resource busy)?/i,
        translate: () => ({ code: "unsupported", property: "accelerator", summary: "the host's KVM cannot be used", hint: "set accelerator: \"tcg\"; npx pulumi-unikernel doctor shows why" }),
    },
    {
        pattern: /domain type '?kvm'?|Emulator .* does not support virt type 'kvm'/i,
        translate: () => ({ code: "unsupported", property: "accelerator", summary: "the host has no KVM", hint: "set accelerator: \"tcg\"" }),
    },
    {
        pattern: /(?:CPUs? (?:greater|count)|maxvcpus|vCPUs?|max CPUs|SMP CPUs).*(?:limit|maximum|exceed|greater|supported)/i,
        translate: (_found, spec) => ({ code: "unsupported", property: "vcpus", summary: `the host cannot give a guest ${spec.vcpus} processors`, hint: "lower vcpus" }),
    },
    {
        pattern: /'?([/][^\s':]*)'?: Permission denied/,
        translate: ([, path], spec) => ({ code: "permission", property: filePath(spec, path!), summary: `QEMU may not read ${path}`, hint: "npx pulumi-unikernel doctor shows which folder shuts it out" }),
    },
    {
        pattern: /No space left on device/,
        translate: () => ({ code: "no-space", summary: "the host's disk is full", hint: "free some space; df -h shows where" }),
    },
    {
        pattern: /qemu-system-\S+: (-\S+(?: [^:]+)?): (?:invalid option|.* expects|Parameter|Property)/,
        translate: ([, argument], spec) => ({ code: "invalid", property: spec.qemuArgs?.length ? "qemuArgs" : undefined, summary: `QEMU refuses ${argument}` }),
    },
];

/** What libvirt says of a definition or a start, as an error about the property that is behind it. Others are returned as they are. */
export function translate(error: unknown, spec: UnikernelSpec): unknown {
    if (!(error instanceof Error)) return error;
    // Already about a property, or says nothing about the guest.
    if (error instanceof UnikernelError && (error.property !== undefined || error.code === "unreachable")) return error;
    for (const { pattern, translate: make } of RULES) {
        const found = pattern.exec(error.message);
        if (!found) continue;
        const { code, property, summary, hint } = make(found, spec);
        return new UnikernelError(code, summary, { property, hint, cause: error });
    }
    return error;
}

function forwardPath(spec: UnikernelSpec, protocol: string, address: string, port: number): string | undefined {
    for (const [index, { attach }] of spec.interfaces.entries()) {
        if (!("user" in attach)) continue;
        const at = attach.user.forward.findIndex((one) => one.host === port && one.protocol === protocol && (one.address === address || address === ""));
        if (at >= 0) return `interfaces[${index}].attach.user.forward[${at}].host`;
    }
    return undefined;
}

function attachPath(spec: UnikernelSpec, kind: AttachKind, name: string | undefined): string | undefined {
    const exact = spec.interfaces.findIndex(({ attach }) => kind in attach && Object.values(attach)[0] === name);
    const index = exact >= 0 ? exact : name === undefined ? spec.interfaces.findIndex(({ attach }) => kind in attach) : -1;
    return index < 0 ? undefined : `interfaces[${index}].attach.${kind}`;
}

/** The property behind a file of the guest's folder. */
function filePath(spec: UnikernelSpec, path: string): string | undefined {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (/^(kernel|initrd)-[0-9a-f]{16}$/.test(name)) return name.split("-")[0];
    const index = spec.blocks.findIndex((block) => name.startsWith(block.name));
    return index < 0 ? undefined : `blocks[${index}]`;
}
