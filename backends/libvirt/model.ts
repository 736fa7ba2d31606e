import type { Forward, OnCrash } from "../../spec";
import type { Creator } from "../backend";

/** A PCI slot on the root bus: guests number their disks and interfaces in slot order. */
export type PciSlot = number;

export interface DiskModel {
    /** Absolute path on the host. */
    path: string;
    format: "raw" | "qcow2";
    readonly: boolean;
    /** `vda`, on Xen `xvda`. */
    target: string;
    bus: "virtio" | "virtio-transitional" | "xen";
    /** Xen: `phy` has the kernel serve it, a raw file by a loop device. @default "qemu" */
    driver?: "qemu" | "phy";
    /** Left out on Xen. */
    slot?: PciSlot;
}

export interface UserSubnet {
    /** Network in CIDR notation. */
    network: string;
    /** The address by which the guest reaches the host: its gateway. */
    gateway: string;
    /** Left out: QEMU's own choice. */
    dns?: string;
    /** The guest's own address, without prefix: forwards lead to it. */
    guest: string;
}

/** QEMU's (or passt's) user-mode network of one interface. */
export interface UserSource {
    kind: "user";
    backend: "qemu" | "passt";
    forwards: Forward[];
    /** Left out: 10.0.2.0/24, the guest gets 10.0.2.15 by DHCP. */
    subnet?: UserSubnet;
    /** IPv6 network of the guest's static address, in CIDR notation, and its gateway. */
    subnet6?: { network: string; gateway?: string };
}

export type InterfaceSource =
    | UserSource
    | { kind: "network"; network: string }
    | { kind: "bridge"; bridge: string }
    /** A tap device that somebody else made. */
    | { kind: "tap"; tap: string };

export interface InterfaceModel {
    mac: string;
    source: InterfaceSource;
    /** Left out on Xen. */
    model?: "virtio" | "virtio-transitional";
    slot?: PciSlot;
}

/** A domain as plain data: everything that its XML says, and nothing of how XML says it. */
export interface DomainModel {
    type: "kvm" | "qemu" | "xen";
    osType: "hvm" | "linux" | "xenpvh";
    name: string;
    uuid: string;
    memoryMib: number;
    /** What a balloon may give the guest while it runs. Left out: as much as it has. */
    maxMemoryMib?: number;
    vcpus: number;
    arch: "x86_64";
    /** `pc`, `q35`, or a host's full machine name; `xenpv`, `xenpvh`. */
    machine: string;
    /** host-passthrough: the host's own; maximum: all that emulation has. Left out: the hypervisor's default. */
    cpu?: "host-passthrough" | "maximum";
    /** Absolute paths on the host. */
    boot: { kernel: string; initrd?: string; cmdline?: string };
    onCrash: OnCrash;
    /** A guest that resets itself: none of ours does so when it is well. */
    onReboot: "destroy" | "restart";
    disks: DiskModel[];
    /** In the guest's order. */
    interfaces: InterfaceModel[];
    /** `append: false` starts the log anew with every boot. Left out where libvirt keeps none (Xen). */
    console?: { log: string; append: boolean };
    /** pvpanic on the ISA bus. */
    panicDevice: boolean;
    gdb?: { address: string; port: number };
    /** Appended to QEMU's command line as they are, one argument each. */
    qemuArgs: string[];
}

/**
 * What a file in a guest's folder is for. `scratch`: a private copy made from an image at each start. `persist`: written by the
 * guest, seeded once. `kept`: data of the guest that its definition does not boot from.
 */
export type FileRole = "kernel" | "initrd" | "config" | "image" | "scratch" | "persist" | "kept";

/** One file of a guest: what the mark says of it holds whether or not the folder can be seen. */
export interface FileRecord {
    /** Plain name in the guest's folder. */
    name: string;
    role: FileRole;
    /** Of a disk: the name of its block. */
    key?: string;
    /** sha256 as in the plan's digests, 64 hex digits; of a persist disk that of its seed. Left out where it would tell a secret, and where an older mark has none. */
    digest?: string;
}

/** Our metadata element in a domain: whose it is and how far it has come. */
export interface Mark {
    /** MARK_VERSION of the release that wrote it. */
    schemaVersion: number;
    urn: string;
    /** Undefined only in what stands for the mark of a guest that was imported without one; every mark on a host has it. */
    creator?: Creator;
    bootDigest: string;
    /** Digest of the definition's facts as we wrote them: another one means that somebody edited it. */
    definition?: string;
    /** The guest reacts to a request to shut down; left out, it is only forced. */
    shutdown?: boolean;
    /** Where the guest is told its configuration at each start: one that was not was not started by us. The value is a file `config-…`. */
    told?: string;
    /** The debugger's port that each start opens beside the guest. */
    gdb?: number;
    phase: "creating" | "updating" | "ready";
    /** ISO 8601: when the phase began. */
    since: string;
    /** ISO 8601: when an unfinished phase counts as abandoned. */
    deadline?: string;
    /** The last-good definition: its whole domain XML, without a lastGood of its own. */
    lastGood?: string;
    /** The guest's folder on the host, absolute. */
    folder?: string;
    /** The files in the guest's folder that belong to it. */
    files?: FileRecord[];
    /** DHCP entries of the guest's interfaces; an entry that is not recorded is never removed. */
    reservations?: RecordedReservation[];
    /** Creators from whom the guest was taken by `adopt`: their state may still name it, but it is no longer theirs. */
    disowned?: Creator[];
    /** Token of the create that is at work: the same as in the claim file of the guest's folder. */
    claim?: string;
    /** Which create took it over, where one found it there: state that says another, or none, is of the time before. */
    incarnation?: string;
}

/** What can be read back from a domain's XML; the same shape from what we render and from what the host returns. */
export interface DomainFacts {
    name: string;
    uuid: string;
    type: string;
    machine: string;
    /** Boot memory. */
    memoryMib: number;
    /** What the guest has now, where a balloon can change it. */
    currentMemoryMib: number;
    vcpus: number;
    onCrash: string;
    onReboot: string;
    kernel?: string;
    initrd?: string;
    cmdline?: string;
    disks: { path: string; readonly: boolean; target: string; format: string }[];
    /** In slot order, which is the guest's order. `source`: network, bridge or tap name. */
    interfaces: { mac: string; kind: InterfaceSource["kind"] | "other"; source?: string }[];
    /** Of all user-mode interfaces. */
    forwards: Forward[];
    consoleLog?: string;
    panicDevice: boolean;
    gdb?: { address: string; port: number };
    qemuArgs: string[];
}

export interface ReservationModel {
    mac: string;
    name?: string;
    address: string;
}

/** A DHCP entry that a guest uses. `foreign`: it was there before the guest, so it stays when the guest goes. */
export interface RecordedReservation {
    network: string;
    mac: string;
    address: string;
    foreign?: boolean;
}

export interface NetworkFacts {
    name: string;
    uuid: string;
    bridge?: string;
    /** `nat`, `route`, `open`, `bridge` …; undefined: isolated. */
    forward?: string;
    /** `address`: the host's own, which is the guests' gateway. `dhcp`: addresses are given out in it. */
    subnets: { address: string; prefix: number; family: "ipv4" | "ipv6"; dhcp: boolean }[];
    reservations: { mac?: string; name?: string; address: string }[];
}

export interface CapabilityFacts {
    hostUuid: string;
    arch: string;
    /** Domain types for x86_64 guests: `qemu`, `kvm`, `xen`. */
    domainTypes: string[];
    /** Path of the x86_64 emulator. */
    emulator?: string;
    /** Whom guests run as by default; undefined where libvirt does not change users (a session). */
    qemuUser?: { uid: number; gid: number };
}

export interface DomainCapabilityFacts {
    machine: string;
    /** Path of the emulator. */
    emulator?: string;
    /** Backends of user-mode interfaces: `default`, `passt`. Empty where the host does not say. */
    netBackends: string[];
}
