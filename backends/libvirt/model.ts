import type { Forward, HttpReadiness, OnCrash } from "../../model";
import type { Creator } from "../backend";
import type { DnsRecord } from "./networkModel";

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
    /** Xen: with `phy` the kernel serves the disk, a raw file through a loop device. @default "qemu" */
    driver?: "qemu" | "phy";
    /** Left out on Xen. */
    slot?: PciSlot;
}

export interface UserSubnet {
    /** Network in CIDR notation. */
    network: string;
    /** The address by which the guest reaches the host: its gateway. */
    gateway: string;
    /** Left out: QEMU chooses. */
    dns?: string;
    /** The guest's own address, without prefix: the destination of forwards. */
    guest: string;
}

/** QEMU's (or passt's) user-mode network of one interface. */
export interface UserSource {
    kind: "user";
    backend: "qemu" | "passt";
    forwards: Forward[];
    /** Left out: 10.0.2.0/24, and the guest gets 10.0.2.15 by DHCP. */
    subnet?: UserSubnet;
    /** IPv6 network of the guest's static address, in CIDR notation, and its gateway. */
    subnet6?: { network: string; gateway?: string };
}

export type InterfaceSource =
    | UserSource
    | { kind: "network"; network: string }
    | { kind: "bridge"; bridge: string }
    /** A tap device that another program made. */
    | { kind: "tap"; tap: string };

export interface InterfaceModel {
    mac: string;
    source: InterfaceSource;
    /** Left out on Xen. */
    model?: "virtio" | "virtio-transitional";
    slot?: PciSlot;
}

/** A domain as plain data: all the content of its XML, independent of the XML's form. */
export interface DomainModel {
    type: "kvm" | "qemu" | "xen";
    osType: "hvm" | "linux" | "xenpvh";
    name: string;
    uuid: string;
    memoryMib: number;
    /** The most memory that the balloon can give the running guest. Left out: `memoryMib`. */
    maxMemoryMib?: number;
    vcpus: number;
    arch: "x86_64";
    /** `pc`, `q35`, or a host's full machine name; `xenpv`, `xenpvh`. */
    machine: string;
    /**
     * host-passthrough: the host's own CPU; maximum: all features of the emulator. Left out: the hypervisor's default.
     */
    cpu?: "host-passthrough" | "maximum";
    /** Absolute paths on the host. */
    boot: { kernel: string; initrd?: string; cmdline?: string };
    onCrash: OnCrash;
    /** The action when a guest resets itself. None of ours does so in normal operation. */
    onReboot: "destroy" | "restart";
    disks: DiskModel[];
    /** In the guest's order. */
    interfaces: InterfaceModel[];
    /** With `append: false` every boot truncates the log. Left out where libvirt keeps no log (Xen). */
    console?: { log: string; append: boolean };
    /** pvpanic on the ISA bus. */
    panicDevice: boolean;
    gdb?: { address: string; port: number };
    /** Appended to QEMU's command line unchanged, one argument each. */
    qemuArgs: string[];
}

/**
 * The purpose of a file in a guest's folder. `scratch`: a private copy made from an image at each start. `persist`:
 * written by the guest, seeded once. `kept`: data of the guest that its definition does not use any more.
 */
export type FileRole = "kernel" | "initrd" | "config" | "image" | "scratch" | "persist" | "kept";

/** The mark's record of one file of a guest. It is valid even when the folder cannot be read. */
export interface FileRecord {
    /** Plain name in the guest's folder. */
    name: string;
    role: FileRole;
    /** For a disk: the name of its block. */
    key?: string;
    /**
     * sha256 as in the plan's digests, 64 hex digits; for a persist disk, that of its seed. Left out where it would
     * reveal a secret, and where an older mark has none.
     */
    digest?: string;
}

/** The port by which a guest became ready. */
export interface ProbeRecord {
    readiness: { tcp: { port: number } } | { http: HttpReadiness };
    /** Those that the guest gives itself: its definition does not have them. */
    addresses: string[];
}

/** Our metadata element in a domain: the owner of the domain, and the phase of its last operation. */
export interface Mark {
    /** MARK_VERSION of the release that wrote it. */
    schemaVersion: number;
    urn: string;
    /**
     * Undefined only in the stand-in for the mark of a guest that was imported without one. Every mark on a host has
     * it.
     */
    creator?: Creator;
    bootDigest: string;
    /** Digest of the definition's facts as we wrote them. A different one now means that the definition was edited. */
    definition?: string;
    /** The guest reacts to a request to shut down. Left out: it is stopped by force. */
    shutdown?: boolean;
    /**
     * The xenstore key under which each start by us gives the guest its configuration. A running guest without it was
     * started by another program. The value is in a file `config-…`.
     */
    told?: string;
    /** The port of the debugger that each start opens beside the guest. */
    gdb?: number;
    /** How the guest is asked whether it serves; left out where its readiness is no port, or holds a secret. */
    probe?: ProbeRecord;
    phase: "creating" | "updating" | "ready";
    /** Time at which the phase began, ISO 8601. */
    since: string;
    /** Time from which an unfinished phase counts as abandoned, ISO 8601. */
    deadline?: string;
    /** The last-good definition: the whole domain XML, whose mark has no `lastGood` itself. */
    lastGood?: string;
    /** The guest's folder on the host, absolute. */
    folder?: string;
    /** The files in the guest's folder that belong to it. */
    files?: FileRecord[];
    /** DHCP entries of the guest's interfaces. An entry that is not recorded is never removed. */
    reservations?: RecordedReservation[];
    /** DNS records of the guest's own addresses. A record that is not listed is never removed. */
    records?: RecordedName[];
    /** Former creators, from whom `adopt` took the guest: their state may still name it, but they no longer own it. */
    disowned?: Creator[];
    /** Token of the create in progress, equal to that in the claim file of the guest's folder. */
    claim?: string;
    /**
     * The create that adopted the guest, if one did. State with another value, or none, is from before the adoption.
     */
    incarnation?: string;
}

/** Facts read from a domain's XML: the same shape for XML that we render and for XML that the host returns. */
export interface DomainFacts {
    name: string;
    uuid: string;
    type: string;
    machine: string;
    /** Boot memory. */
    memoryMib: number;
    /** The guest's present memory, where a balloon can change it. */
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
    /** Forwards of all user-mode interfaces. */
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

/** A DHCP entry that a guest uses. `foreign`: it existed before the guest, so it stays when the guest is removed. */
export interface RecordedReservation {
    network: string;
    mac: string;
    address: string;
    foreign?: boolean;
}

/** A DNS record that a guest uses. `foreign`: as of a DHCP entry. */
export interface RecordedName {
    network: string;
    address: string;
    name: string;
    foreign?: boolean;
}

export interface NetworkFacts {
    name: string;
    uuid: string;
    bridge?: string;
    /** `nat`, `route`, `open`, `bridge` …; undefined: isolated. */
    forward?: string;
    /** `address`: the host's own, which is the guests' gateway. `dhcp`: the network gives out addresses. */
    subnets: { address: string; prefix: number; family: "ipv4" | "ipv6"; dhcp: boolean }[];
    reservations: { mac?: string; name?: string; address: string }[];
    /** DNS records. */
    records: DnsRecord[];
    /** Its DNS answers for each name with this domain too. */
    domain?: string;
}

export interface CapabilityFacts {
    hostUuid: string;
    arch: string;
    /** Domain types for x86_64 guests: `qemu`, `kvm`, `xen`. */
    domainTypes: string[];
    /** Path of the x86_64 emulator. */
    emulator?: string;
    /** The user that guests run as by default; undefined where libvirt does not change users (a session). */
    qemuUser?: { uid: number; gid: number };
}

export interface DomainCapabilityFacts {
    machine: string;
    /** Path of the emulator. */
    emulator?: string;
    /** Backends of user-mode interfaces: `default`, `passt`. Empty where the host does not list them. */
    netBackends: string[];
}
