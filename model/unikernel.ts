import type { UnikernelArgument, UnikernelRows, ValuesOf } from "./arguments";
import type { BlockSpec } from "./image";
import type { MediumOutputs } from "./medium";
import type { InterfaceSpec } from "./network";
import type { BootDigests, SeenState } from "./values";

/**
 * The version of inputs and outputs in state. Every release, 0.1.0 (which wrote 1) included, refuses a newer one. 2:
 * the domain's mark holds the record of the guest's files, which 0.1.0 cannot read.
 */
export const SCHEMA_VERSION = 2;

/** An answer by HTTP that a ready guest gives. Left out: any status from 200 to 399, and any body. */
export interface HttpReadiness {
    port: number;
    path: string;
    status?: number | number[];
    /** A regular expression. */
    body?: string;
    /** The header of that name. */
    host?: string;
}

/** The condition under which a guest counts as ready. `port` is the guest's; `timeout` and `minReady` in seconds. */
export type Readiness = { timeout: number; minReady?: number } & (
    | { http: HttpReadiness }
    | { tcp: { port: number } }
    /** A regular expression, matched against the console since this boot. */
    | { console: string }
);

/**
 * Arguments whose type after check differs from their row's: check fills them in from others, or their type has a name.
 */
interface Settled {
    name: string;
    connection: string;
    /** ABI id: `rumprun`, `linux`, `raw`. */
    guest: string;
    /** MiB. */
    memory: number;
    blocks: BlockSpec[];
    interfaces: InterfaceSpec[];
    state: SeenState;
    readiness?: Readiness;
    /** Undefined in the state of earlier releases. */
    keepLast?: number;
}

/** Fields that no program writes. */
interface Identity {
    schemaVersion: number;
    urn: string;
    /** UUIDv5 of the URN: the domain's uuid. Kept from olds, as `name` is. */
    uuid: string;
    /** The uuid of the host that the connection leads to, when it could be asked. */
    host?: string;
    /** Property paths whose values are secret: `env.PASSWORD`, `args[2]`. */
    secrets: string[];
}

/** A unikernel after check: plain data with every default filled in. State stores it and backends get it. */
export interface UnikernelSpec
    extends Identity,
        Settled,
        Omit<Pick<ValuesOf<UnikernelRows>, UnikernelArgument>, keyof Settled> {}

export interface Digests extends BootDigests {
    /** Digests of the disks, in order. State omits them: each block has its own. */
    blocks: string[];
}

/** The inputs that check returns and state stores. */
export interface UnikernelInputs extends UnikernelSpec {
    digests: Digests;
    /** Digest of everything that only a restart can change. The domain's mark has it too. */
    bootDigest: string;
    /** `create`, `live: …`, `restart: …`, `replace: …`. For display; the diff ignores it. */
    consequence: string;
    /** Random key (secret) for digests over secrets; only where there are secrets. */
    digestKey?: string;
}

/** The outputs of a guest on a host. */
export interface GuestOutputs {
    /** One address for each interface where the host knows it; else empty. */
    ipAddresses: string[];
    /** The console log's path on the host. */
    consoleLog: string;
    /** The command that opens the console. */
    consoleCommand: string;
}

/** Outputs of either kind: a guest on a host has GuestOutputs, a medium has MediumOutputs. */
export interface UnikernelOutputs extends UnikernelInputs, Partial<GuestOutputs>, Partial<MediumOutputs> {
    /** What the guest gets to read, secrets masked. */
    guestConfig: string;
}
