import type { Accelerator, AttachKind, BlockSpec, GuestOutputs, OnCrash, SeenState, UnikernelSpec } from "../spec";

// What a host tells of guests: of any making, and of what interrupted runs left.

/** Who made an object: the same stack by another person is another creator. */
export interface Creator {
    user: string;
    machine: string;
    /** Hash of the project folder. */
    project: string;
}

/** A guest that state does not know, in the words of arguments. */
export interface FoundGuest
    extends Pick<UnikernelSpec, "uuid" | "name" | "memory" | "vcpus" | "interfaces" | "gdb" | "qemuArgs"> {
    /** The host's own uuid, as `hostId` says it. */
    host: string;
    state: SeenState;
    autostart: boolean;
    onCrash: OnCrash;
    accelerator: Accelerator;
    /** Absolute paths on the host, which is this machine. */
    kernel: string;
    initrd?: string;
    /** As the definition has it. */
    cmdline: string;
    /** In the guest's order. `format` is the driver's: an image of any file system is raw. */
    blocks: (Pick<BlockSpec, "access"> & { path: string; format: "raw" | "qcow2" })[];
    /** Whose mark it carries. */
    mark?: { urn: string; creator: Creator; bootDigest: string };
    definition: string;
    /** Of its present definition, what the next restart does without or makes otherwise. */
    warnings: string[];
}

/** What a host has of this package without being whole, as far as nothing but the host says it. */
export interface Leftovers {
    /** Marked domains that state may not have. */
    domains: LeftDomain[];
    /** Guests' folders without a domain; undefined where the way to the files cannot list them. */
    folders?: LeftFolder[];
    /** DHCP entries for a MAC that no domain has. */
    reservations: { network: string; mac: string; address: string }[];
}

export interface LeftDomain {
    uuid: string;
    name: string;
    /** Of its mark. */
    urn: string;
    phase: "creating" | "updating" | "ready";
    /** It was never whole, and no process is known to work on it. */
    abandoned: boolean;
    /** Files with what a guest wrote. */
    data: string[];
}

export interface LeftFolder {
    uuid: string;
    /** From the note of a create that was cut short; undefined: not known. */
    urn?: string;
    abandoned: boolean;
    files: string[];
    data: string[];
}

export type GuestName = { uuid: string } | { name: string };

/** One guest as its host shows it: what runs now, and of one that is off what will. */
export interface GuestDescription extends GuestOutputs {
    uuid: string;
    name: string;
    state: SeenState;
    /** MiB. */
    memory: number;
    vcpus: number;
    /** In the guest's order. */
    interfaces: { mac: string; kind: AttachKind | "other"; source?: string }[];
    /** URN in the mark that it carries; undefined where it carries none. */
    urn?: string;
}
