import { findNote, type KernelFacts } from "../kernel";

/** Notes of a Solo5 binary (include/mft_abi.h, include/elf_abi.h of Solo5). */
const OWNER = "Solo5";
const NOTE = { abi: 0x31494241, manifest: 0x3154464d } as const;

/** By their number in the ABI note; 0 is no target. */
const TARGETS = ["", "hvt", "spt", "virtio", "muen", "genode", "xen"] as const;
export type Solo5Target = Exclude<(typeof TARGETS)[number], "">;

/** A device that the program declares. The guest ends at once where the host offers others. */
export interface Solo5Device {
    name: string;
    kind: "block" | "net";
}

export interface Solo5Facts {
    /** Undefined: a target that this package does not know. */
    target?: Solo5Target;
    /** In the order in which the guest finds them. Undefined: the binary has no list of devices that can be read. */
    devices?: Solo5Device[];
}

/** Return Solo5's description of a binary; undefined for any other kernel. */
export function solo5Facts(kernel: KernelFacts): Solo5Facts | undefined {
    const note = findNote(kernel, OWNER, NOTE.abi);
    if (!note && !kernel.elf?.interpreter?.startsWith("/nonexistent/solo5/")) return undefined;
    const abi = Buffer.from(note?.desc ?? "", "hex");
    return {
        target: (abi.length < 8 ? "" : TARGETS[abi.readUInt32LE(0)]) || undefined,
        devices: parseManifest(Buffer.from(findNote(kernel, OWNER, NOTE.manifest)?.desc ?? "", "hex")),
    };
}

/** {4 bytes of padding, u32 version, u32 entries}, then entries of {name[68], u32 type, 32 bytes for the tender}. */
const HEAD = { size: 12, version: 4, entries: 8 } as const;
const ENTRY = { size: 104, type: 68 } as const;
const MANIFEST_VERSION = 1;
const MOST_ENTRIES = 64;
const TYPES: Record<number, Solo5Device["kind"]> = { 1: "block", 2: "net" };
/** The first entry, which stands for no device. */
const RESERVED = 1 << 30;

function parseManifest(bytes: Buffer): Solo5Device[] | undefined {
    if (bytes.length < HEAD.size || bytes.readUInt32LE(HEAD.version) !== MANIFEST_VERSION) return undefined;
    const count = bytes.readUInt32LE(HEAD.entries);
    if (count > MOST_ENTRIES || HEAD.size + count * ENTRY.size > bytes.length) return undefined;
    const devices: Solo5Device[] = [];
    for (let index = 0; index < count; index++) {
        const entry = bytes.subarray(HEAD.size + index * ENTRY.size);
        const type = entry.readUInt32LE(ENTRY.type);
        if (type === RESERVED) continue;
        const kind = TYPES[type];
        const name = entry.toString("latin1", 0, ENTRY.type).split("\0")[0] ?? "";
        if (kind === undefined || name === "") return undefined;
        devices.push({ name, kind });
    }
    const names = new Set(devices.map(({ name }) => name));
    return names.size === devices.length ? devices : undefined;
}
