import type { Accelerator, AttachKind, BlockSpec, GuestOutputs, OnCrash, SeenState, UnikernelSpec } from "../model";

// Shapes of what a host reports: guests that any program made, and leftovers of interrupted runs.

/** The creator of an object. The same stack run by another person is another creator. */
export interface Creator {
    user: string;
    machine: string;
    /** Hash of the project folder. */
    project: string;
}

/** A guest that is not in state, expressed as arguments. */
export interface FoundGuest
    extends Pick<UnikernelSpec, "uuid" | "name" | "memory" | "vcpus" | "interfaces" | "gdb" | "qemuArgs"> {
    /** The host's own uuid, as `hostId` returns it. */
    host: string;
    state: SeenState;
    autostart: boolean;
    onCrash: OnCrash;
    accelerator: Accelerator;
    /** Absolute paths on the host, which is this machine. */
    kernel: string;
    initrd?: string;
    /** As in the definition. */
    cmdline: string;
    /** In the guest's order. `format` is the disk driver's: an image of any file system is raw. */
    blocks: (Pick<BlockSpec, "access"> & { path: string; format: "raw" | "qcow2" })[];
    /** For each interface, the names that its network's DNS has for addresses: those that a guest configures itself are not known here. */
    names: Record<string, string>[];
    /** The mark in its definition. */
    mark?: { urn: string; creator: Creator; bootDigest: string };
    definition: string;
    /** Parts of its present definition that the next restart drops or changes. */
    warnings: string[];
}

/** Incomplete objects of this package on a host, judged by the host alone. */
export interface Leftovers {
    /** Domains with a mark that may not be in state. */
    domains: LeftDomain[];
    /** Guests' folders without a domain; undefined where the way to the files cannot list them. */
    folders?: LeftFolder[];
    /** DHCP entries for a MAC that no domain has. */
    reservations: { network: string; mac: string; address: string }[];
}

export interface LeftDomain {
    uuid: string;
    name: string;
    /** From its mark. */
    urn: string;
    phase: "creating" | "updating" | "ready";
    /** Its create never finished, and no process is known to be working on it. */
    abandoned: boolean;
    /** Files that hold data written by the guest. */
    data: string[];
}

export interface LeftFolder {
    uuid: string;
    /** From the note of an interrupted create; undefined when unknown. */
    urn?: string;
    abandoned: boolean;
    files: string[];
    data: string[];
}

export type GuestName = { uuid: string } | { name: string };

/** What happened to a guest, and why, in words for people and programs. */
export interface Happening {
    event:
        | "defined"
        | "removed"
        | "started"
        | "paused"
        | "resumed"
        | "stopped"
        | "shutting down"
        | "suspended"
        | "crashed";
    reason?: string;
}

/** What happened to one of our guests. */
export interface GuestEvent extends Happening {
    /** When this machine heard of it, ISO 8601. */
    at: string;
    uuid: string;
    name: string;
    /** From its mark. */
    urn: string;
}

/** One of our guests, as a list of them shows it. */
export interface ListedGuest {
    uuid: string;
    name: string;
    state: SeenState;
    /** MiB. */
    memory: number;
    /** One for each interface; "" where the host knows none. */
    ipAddresses: string[];
    /** Seconds since the hypervisor started it, by the host's clock; undefined where it is off or only libvirt answers. */
    uptime?: number;
    /** What happened last, where libvirt says it. */
    lastEvent?: Happening;
    /** From its mark; undefined where a newer release wrote that. */
    mark?: { urn: string; phase: "creating" | "updating" | "ready"; since: string };
    /** Why its mark cannot be read. */
    problem?: string;
}

/** Reads the stored console output of a guest from its beginning on, and on as it grows. */
export interface OutputReader {
    /**
     * Return the next bytes, at most 256 KiB; none where there is nothing new at present.
     * `lost`: the host did not keep what was printed between these and the former ones.
     */
    next(): Promise<{ bytes: Uint8Array; lost?: boolean }>;
}

export interface OutputOptions {
    /** Output of the boot before the present one. */
    last?: boolean;
    /**
     * Begin with the first file to which the guest printed in the last seconds, by the host's clock; without one, at the
     * end. A log has no times of its lines.
     */
    since?: number;
}

/** One guest as its host shows it: what runs now, or what the next start will run. */
export interface GuestDescription extends GuestOutputs {
    uuid: string;
    name: string;
    state: SeenState;
    /** MiB. */
    memory: number;
    vcpus: number;
    /** In the guest's order. */
    interfaces: { mac: string; kind: AttachKind | "other"; source?: string }[];
    /** URN in its mark; undefined without a mark. */
    urn?: string;
}

/** A member of a fleet on a host. */
export interface SeenMember {
    /** From its mark. */
    urn: string;
    /** On the host. */
    name: string;
    /** Why it is not in service; left out where it is. */
    trouble?: string;
    /** Its first create has not ended. */
    unmade?: true;
    /** Ask it by its readiness: why it does not serve, undefined where it does. Left out where it is not in service, or has no port. */
    serves?(): Promise<string | undefined>;
    /** It runs and does not serve: `trouble` is what was seen. */
    notServing?: true;
}
