import type { GuestOutputs, GuestPlan, MediumOutputs, Platform, Problem, SeenState, UnikernelSpec } from "../model";
import type { Capabilities } from "./capabilities";
import type { Consequence, ConsequenceTable } from "./consequence";
import type { Creator } from "./hostReports";

export type { Consequence, ConsequenceTable, PropertyConsequence } from "./consequence";
export type {
    Creator,
    FoundGuest,
    GuestDescription,
    GuestEvent,
    GuestName,
    Happening,
    LeftDomain,
    LeftFolder,
    Leftovers,
    ListedGuest,
    OutputOptions,
    OutputReader,
    SeenMember,
} from "./hostReports";

/** Identifies a guest and the host that it is on. */
export interface GuestRef {
    connection: string;
    uuid: string;
    name: string;
    urn: string;
}

export interface Context {
    creator: Creator;
    /** Show the user one line: a step that is under way, or a fact that they should know. */
    log(message: string): void;
    signal?: AbortSignal;
    /**
     * The delete is the first half of a replacement. The provider's configuration may have changed since the create.
     */
    replacing?: boolean;
    /**
     * Return whether the program declares that the guest of this uuid keeps or yields an exclusive resource (a key such
     * as `tcp 127.0.0.1 8080`); undefined while this run has not declared the guest. Left out where the program is
     * unknown.
     */
    declares?(uuid: string, item: string): "keeps" | "yields" | undefined;
    /** State already has the guest that is created: an engine may create a replacement before it deletes. */
    inState?: boolean;
    /**
     * Called right before a guest that is in service is stopped in order to be started again, or replaced. Throws to refuse.
     * @param serves asks the guest itself: why it does not serve; undefined where it does
     */
    beforeStop?(serves: () => Promise<string | undefined>): Promise<void>;
    /** Watch a guest that has become ready, for the seconds that its roll-out asks for. */
    watch?(look: (seconds: number) => Promise<void>): Promise<void>;
}

/**
 * The result of an import, until the first update writes a mark. It stands in for the mark of a guest that has none,
 * or that carries the mark of another declaration.
 */
export interface Imported {
    /** Digest of the definition at the import. A different one now means that it was edited since. */
    definition: string;
    /** The guest reacts to a request to shut down. */
    shutdown: boolean;
    /** The URN in its mark, where that mark names another declaration. */
    urn?: string;
}

/** A spec that was applied, with the outputs and internal values that state keeps beside it. */
export type Applied = UnikernelSpec &
    Partial<MediumOutputs> & { bootDigest?: string; digestKey?: string; imported?: Imported; incarnation?: string };

/** The present state of a guest on its host, or of the file of a medium. Holds only what can drift. */
export interface Observation extends Partial<GuestOutputs> {
    host: string;
    /** Undefined for a medium. */
    state?: SeenState;
    /** Undefined for a guest, and for a medium whose file is missing or incomplete. */
    medium?: MediumOutputs;
    /** The bootDigest of what runs (or would run); undefined when another program edited the definition. */
    bootDigest?: string;
    /**
     * Values that differ from the applied spec, by property: memory, vcpus, autostart, onCrash, interfaces,
     * digests.kernel …
     */
    drift: Partial<Record<string, unknown>>;
    /** A create or an update was interrupted, or the guest never became ready. */
    unfinished: boolean;
    /**
     * The create that adopted an existing guest. A delete whose state has an earlier value, or none, does not touch it.
     */
    incarnation?: string;
    /** The folder below which the guest's own folder lies, as recorded; undefined without a record. */
    folder?: string;
}

/**
 * Turns plans into guests on one platform. Every method is idempotent: when it runs again after a kill at any
 * point, it ends in the state of an uninterrupted run.
 * Errors are UnikernelErrors. An unreachable host is the error `unreachable`; a backend never takes it for "gone".
 */
export interface Backend extends Capabilities {
    platform: Platform;
    /** Return the connection to use when the user named none. */
    defaultConnection(): string;
    /** One row for every property, including those that the platform does not support. */
    consequences: ConsequenceTable;
    /**
     * Return the problems of a spec that this platform cannot realise. May read local files, changes nothing, asks no
     * host. `boot` is given where the guest itself found no problem.
     */
    check(
        spec: UnikernelSpec,
        plan: Pick<GuestPlan, "guest"> & Partial<Pick<GuestPlan, "boot">>,
    ): Problem[] | Promise<Problem[]>;
    /**
     * Return whether the result still exists, where one or two stat calls suffice: every diff asks, even without
     * refresh.
     */
    intact(applied: Applied): Promise<boolean>;
    /** Return the host's own uuid. */
    hostId(connection: string): Promise<string>;
    /**
     * Return the present state of a guest; undefined when it does not exist.
     * @param creator the caller; refused where another creator has adopted the guest. Left out by an import.
     * @param readConsole detects in the console that the guest has ended, although the host still runs the domain: the
     * state is then `stopped`. Left out: the console is not read.
     * @param told the key by which its ABI gets its configuration in the running domain: only what to ask for first
     */
    observe(
        ref: GuestRef,
        applied: Applied,
        creator?: Creator,
        readConsole?: GuestPlan["readConsole"],
        told?: string,
    ): Promise<Observation | undefined>;
    /** Throws with nothing left behind, or `PartialError` when the guest exists but is not ready. */
    create(plan: GuestPlan, context: Context): Promise<Observation>;
    /** Throws `rolled-back` when the last-good guest runs again; `PartialError` when the rollback failed too. */
    update(plan: GuestPlan, change: Change, context: Context): Promise<Observation>;
    delete(ref: GuestRef, applied: Applied, context: Context): Promise<void>;
}

/** The result of a diff: the strongest consequence, and the properties that cause it. */
export interface Change {
    from: Applied;
    consequence: Consequence;
    properties: string[];
}

/** The operation failed, but the guest exists: the caller must keep this observation in state, with these reasons. */
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
