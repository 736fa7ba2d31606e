import type {
    Accelerator,
    AttachKind,
    BlockSpec,
    GuestOutputs,
    GuestPlan,
    MediumOutputs,
    OnCrash,
    Platform,
    Problem,
    SeenState,
    UnikernelSpec,
} from "../spec";
import type { Capabilities } from "./capabilities";

export type Consequence = "live" | "restart" | "replace" | "rebuild";

/** What changing a property does, declared once per backend; printed in the docs. */
export interface PropertyConsequence {
    consequence: Consequence;
    /** One sentence for the docs: what happens to the guest. */
    why: string;
    /** Decides by the two values, and by what is declared now, where the property alone does not (an interface whose source can be moved live). */
    refine?(from: unknown, to: unknown, declared: UnikernelSpec): Consequence;
}
export type ConsequenceTable = Record<string, PropertyConsequence>;

/** Who to look for on which host. */
export interface GuestRef {
    connection: string;
    uuid: string;
    name: string;
    urn: string;
}

/** Who made an object: the same stack by another person is another creator. */
export interface Creator {
    user: string;
    machine: string;
    /** Hash of the project folder. */
    project: string;
}

export interface Context {
    creator: Creator;
    /** A line for the user: what is being done or what they should know. */
    log(message: string): void;
    signal?: AbortSignal;
    /** A delete is the first half of a replacement, which may come with another configuration than the guest was made under. */
    replacing?: boolean;
    /**
     * Whether the guest of this uuid keeps or yields something that only one can have (a key such as `tcp 127.0.0.1 8080`), as the program
     * declares it; undefined: it was not declared in this run, so far. Left out: nothing is known of the program.
     */
    declares?(uuid: string, thing: string): "keeps" | "yields" | undefined;
    /** A create is of a guest that state has already: an engine may create a replacement before it deletes. */
    inState?: boolean;
}

/** What an import found and no update has written anew yet: this stands for the mark that the guest does not have, or that is another's. */
export interface Imported {
    /** Digest of the definition as it was found: another one means that somebody edited it since. */
    definition: string;
    /** Whether the guest reacts to a request to shut down. */
    shutdown: boolean;
    /** The URN in its mark, where it has one that names another declaration. */
    urn?: string;
}

/** A spec that was realised, with what state knows of it beside. */
export type Applied = UnikernelSpec &
    Partial<MediumOutputs> & { bootDigest?: string; digestKey?: string; imported?: Imported; incarnation?: string };

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

/** What is on the host now: of a guest what it does, of a medium its file. Only what could have drifted. */
export interface Observation extends Partial<GuestOutputs> {
    host: string;
    /** Undefined for a medium. */
    state?: SeenState;
    /** Undefined for a guest, and for a medium that is not there or not whole. */
    medium?: MediumOutputs;
    /** The bootDigest of what runs (or would run); undefined when the definition was edited behind our back. */
    bootDigest?: string;
    /** Values that differ from the spec that was applied, by property: memory, vcpus, autostart, onCrash, interfaces, digests.kernel … */
    drift: Partial<Record<string, unknown>>;
    /** create or an update was interrupted, or never became ready. */
    unfinished: boolean;
    /** Which create took a guest over that was there already: a delete of an earlier one, or of none, leaves it alone. */
    incarnation?: string;
    /** The folder below which the guest's own folder is recorded; undefined: no record names one. */
    folder?: string;
}

/**
 * Turns plans into guests on one platform. Every method is idempotent: run again after a kill at any
 * point, it ends where an uninterrupted run would have.
 * Errors are UnikernelErrors; `unreachable` is thrown, never taken for "gone".
 */
export interface Backend extends Capabilities {
    platform: Platform;
    /** The connection when the user named none. */
    defaultConnection(): string;
    consequences: ConsequenceTable;
    /** Properties that mean nothing on this platform → why: check refuses them where they are set to anything but their default. Paths as in problems, `[]` for any index. */
    meaningless: Record<string, string>;
    /** Refuses what this platform cannot do. May read files, changes nothing, asks no host. `boot`: where the guest itself refused nothing. */
    check(
        spec: UnikernelSpec,
        plan: Pick<GuestPlan, "guest"> & Partial<Pick<GuestPlan, "boot">>,
    ): Problem[] | Promise<Problem[]>;
    /** Refuses what earlier releases let pass: where readiness, interfaces and connection are as they were, it is a warning. */
    newProblems?(spec: UnikernelSpec): Problem[];
    /** Refuses what the host says that it cannot do; where interfaces and connection are as they were, it is a warning. Asks for each thing once in a run. Empty where the host cannot be asked. Changes nothing. */
    hostProblems?(spec: UnikernelSpec): Promise<Problem[]>;
    /**
     * What a change is on its host, where the table calls it live and not every host can do that. Asks for each thing once in a run.
     * Left out: the table's word counts everywhere. Changes nothing.
     */
    consequenceOnHost?(
        connection: string,
        change: { property: string; from: unknown; to: unknown },
    ): Promise<Consequence>;
    /** Whether what was made is still there, where a stat or two can tell: a diff asks, refresh or not. */
    intact?(applied: Applied): Promise<boolean>;
    /** The host's own uuid. */
    hostId(connection: string): Promise<string>;
    /**
     * @param creator who asks: refused where the guest was taken from them by `adopt`; left out: an import
     * @param readConsole finds in a console that its guest has ended: then the state is `stopped`, though the host runs it; left out: not asked
     */
    observe(
        ref: GuestRef,
        applied: Applied,
        creator?: Creator,
        readConsole?: GuestPlan["readConsole"],
    ): Promise<Observation | undefined>;
    /** Throws with nothing left behind, or `PartialError` when the guest exists but is not ready. */
    create(plan: GuestPlan, context: Context): Promise<Observation>;
    /** Throws `rolled-back` when the last-good guest runs again; `PartialError` when the rollback failed too. */
    update(plan: GuestPlan, change: Change, context: Context): Promise<Observation>;
    delete(ref: GuestRef, applied: Applied, context: Context): Promise<void>;
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
export interface GuestGlance extends GuestOutputs {
    uuid: string;
    name: string;
    state: SeenState;
    /** MiB. */
    memory: number;
    vcpus: number;
    /** In the guest's order. */
    interfaces: { mac: string; kind: AttachKind | "other"; source?: string }[];
    /** Of the unikernel whose mark it carries; undefined: of nobody's. */
    urn?: string;
}

/** What the diff decided; the strongest consequence and the properties behind it. */
export interface Change {
    from: Applied;
    consequence: Consequence;
    properties: string[];
}

/** The guest exists, and this is its state: the caller must keep it in state, with these reasons. */
export class PartialError extends Error {
    constructor(
        readonly observation: Observation,
        readonly reasons: string[],
        options?: ErrorOptions,
    ) {
        super(reasons.join("\n"), options);
        this.name = "PartialError";
    }
}
