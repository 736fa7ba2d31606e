import type { GuestOutputs, GuestPlan, MediumOutputs, Platform, Problem, SeenState, UnikernelSpec } from "../spec";
import type { Capabilities } from "./capabilities";
import type { Consequence, ConsequenceTable } from "./consequence";
import type { Creator } from "./seen";

export type { Consequence, ConsequenceTable, PropertyConsequence } from "./consequence";
export type { Creator, FoundGuest, GuestDescription, GuestName, LeftDomain, LeftFolder, Leftovers } from "./seen";

/** Who to look for on which host. */
export interface GuestRef {
    connection: string;
    uuid: string;
    name: string;
    urn: string;
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
    /** Of every property; of what the platform does not have too. */
    consequences: ConsequenceTable;
    /** Refuses what this platform cannot do. May read files, changes nothing, asks no host. `boot`: where the guest itself refused nothing. */
    check(
        spec: UnikernelSpec,
        plan: Pick<GuestPlan, "guest"> & Partial<Pick<GuestPlan, "boot">>,
    ): Problem[] | Promise<Problem[]>;
    /** Return whether what was made is still there, where a stat or two can tell: a diff asks, refresh or not. */
    intact(applied: Applied): Promise<boolean>;
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
