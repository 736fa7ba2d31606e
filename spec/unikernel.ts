import type { UnikernelArgument, UnikernelRows, ValuesOf } from "./arguments";
import type { BlockSpec } from "./image";
import type { MediumOutputs } from "./medium";
import type { InterfaceSpec } from "./network";
import type { BootDigests, SeenState } from "./values";

/**
 * The version of inputs and outputs in state. A newer one is refused, by 0.1.0 (which wrote 1) too. 2: the domain's mark holds the record of its guest's
 * files, which 0.1.0 cannot read.
 */
export const SCHEMA_VERSION = 2;

/** When the guest counts as up. `port` is the guest's; `timeout` in seconds. */
export type Readiness = { timeout: number } & (
    | { http: { port: number; path: string } }
    | { tcp: { port: number } }
    /** A regular expression, matched against the console since this boot. */
    | { console: string }
);

/** What check makes of arguments beyond their own form: values that follow from others, and named types. */
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

/** What no program writes. */
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

/** A unikernel after check: plain data, every default filled in. This is what state holds and backends get. */
export interface UnikernelSpec
    extends Identity,
        Settled,
        Omit<Pick<ValuesOf<UnikernelRows>, UnikernelArgument>, keyof Settled> {}

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
