import type { BlockSpec } from "./image";
import type { MediumOutputs, MediumSpec } from "./medium";
import type { InterfaceSpec } from "./network";

/**
 * The version of inputs and outputs in state. A newer one is refused, by 0.1.0 (which wrote 1) too. 2: the domain's mark holds the record of its guest's
 * files, which 0.1.0 cannot read.
 */
export const SCHEMA_VERSION = 2;

/** What a unikernel runs on: KVM (or emulation) by libvirt, a Xen host, or a medium that machines boot from. */
export type Platform = "kvm" | "xen" | "iso";
/** What a guest is to do. */
export type GuestState = "running" | "paused" | "stopped";
/** What a guest is doing. `saved`: it is off, and its host keeps its memory, from which the next start goes on. */
export type SeenState = "running" | "paused" | "stopped" | "saved";
/** How QEMU runs a guest: by the processor (`kvm`), by emulation (`tcg`), or by what works (`auto`). */
export type Accelerator = "auto" | "kvm" | "tcg";
/** What becomes of a guest that crashed. */
export type OnCrash = "destroy" | "restart" | "preserve";

/** When the guest counts as up. `port` is the guest's; `timeout` in seconds. */
export type Readiness = { timeout: number } & (
    | { http: { port: number; path: string } }
    | { tcp: { port: number } }
    /** A regular expression, matched against the console since this boot. */
    | { console: string }
);

/** A unikernel after check: plain data, every default filled in. This is what state holds and backends get. */
export interface UnikernelSpec extends MediumSpec {
    schemaVersion: number;
    urn: string;
    /** UUIDv5 of the URN: the domain's uuid. Identity, kept from olds. */
    uuid: string;
    /** The domain's name. Identity, kept from olds. */
    name: string;
    platform: Platform;
    /** libvirt URI. */
    connection: string;
    /** Xen: `[user@]host[:port]` of dom0 for ssh, where the connection leads to its libvirt alone (tcp, tls). */
    sshTarget?: string;
    /** The uuid of the host that the connection leads to, when it could be asked. */
    host?: string;
    /** Path as written; relative to the program's folder. Only its digest is compared. */
    kernel: string;
    initrd?: string;
    /** ABI id: `rumprun`, `linux`, `raw`. */
    guest: string;
    args: string[];
    env: Record<string, string>;
    hostname?: string;
    /** MiB. */
    memory: number;
    /** Xen: MiB up to which the balloon of a guest that has one may give it memory while it runs. Left out: as much as it has. */
    maxMemory?: number;
    vcpus: number;
    blocks: BlockSpec[];
    interfaces: InterfaceSpec[];
    accelerator: Accelerator;
    state: SeenState;
    onCrash: OnCrash;
    autostart: boolean;
    readiness?: Readiness;
    /** Seconds that a guest gets to shut down before it is forced. */
    shutdownTimeout: number;
    gdb?: { port: number; address: string };
    qemuArgs?: string[];
    adopt: boolean;
    deleteData: boolean;
    /** Former files of each persist disk that are kept. @default 1 */
    keepLast?: number;
    /** Property paths whose values are secret: `env.PASSWORD`, `args[2]`. */
    secrets: string[];
}

/** Of what a guest boots from: sha256, in hexadecimal digits. */
export interface BootDigests {
    /** Of the kernel file. */
    kernel: string;
    /** Of the initial ramdisk, where there is one. */
    initrd?: string;
    /** Of what the guest is told; keyed when it covers a secret. */
    config: string;
}

export interface Digests extends BootDigests {
    /** Of each disk, in their order. State leaves it out: each block has its own. */
    blocks: string[];
}

/** What check returns and state stores as inputs. */
export interface UnikernelInputs extends UnikernelSpec {
    digests: Digests;
    /** Of everything that only a restart can change. The domain carries it too. */
    bootDigest: string;
    /** `create`, `live: …`, `restart: …`, `replace: …`. For people: no diff looks at it. */
    consequence: string;
    /** Random key (secret) for digests over secrets; only where there are any. */
    digestKey?: string;
}

/** What became of a guest that runs on a host. */
export interface GuestOutputs {
    /** One address for each interface where the host knows it; else empty. */
    ipAddresses: string[];
    /** The console log's path on the host. */
    consoleLog: string;
    /** The command that opens the console. */
    consoleCommand: string;
}

/** A guest on a host has the outputs of one, a medium those of the other. */
export interface UnikernelOutputs extends UnikernelInputs, Partial<GuestOutputs>, Partial<MediumOutputs> {
    /** What the guest gets to read, secrets masked. */
    guestConfig: string;
}
