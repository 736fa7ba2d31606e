import type { Problem, UnikernelSpec } from "../spec";
import type { Consequence } from "./consequence";
import type { Creator, FoundGuest, GuestDescription, GuestName, LeftDomain, LeftFolder, Leftovers } from "./seen";

/** A platform whose guests run on hosts, each with a uuid of its own and a folder for guests' files. */
export interface HostPlatform {
    /** Return whether a connection leads to hosts of this platform. */
    leadsTo(connection: string): boolean;
    /** Return the folder on the host below which guests' files go by the present configuration; undefined where only the host knows it. Asks no host. */
    folder(connection: string): string | undefined;
    /** Return the URN in the mark of the domain that has this uuid; undefined: no such domain, or one without a mark. */
    holder(connection: string, uuid: string): Promise<string | undefined>;
}

/** A platform that imports guests which others made. */
export interface Importer {
    /**
     * Return a guest of any making, by its uuid or its name; undefined when the host says that there is none. Touches nothing.
     * Throws `unsupported`, naming all that cannot be declared.
     */
    find(connection: string, wanted: { uuid?: string; name?: string }): Promise<FoundGuest | undefined>;
}

/** A platform whose hosts show any guest, and what it prints. */
export interface GuestViewer {
    /** Return what a host shows of a guest of any making; undefined: the host says that there is none. */
    describeGuest(connection: string, wanted: GuestName): Promise<GuestDescription | undefined>;
    /** Return what a guest has printed since its last start, its last 128 KiB; undefined: there is no such guest. */
    consoleTail(connection: string, wanted: GuestName): Promise<string | undefined>;
}

/** A platform on whose hosts interrupted runs leave domains, folders and DHCP entries. */
export interface Sweeper {
    /** Return what the host has of this package that no state may have. Changes nothing. */
    leftovers(connection: string, creator: Creator): Promise<Leftovers>;
    /** Remove what an interrupted create left. @returns paths that stay: data, unless they are to go, and what other programs put there */
    sweep(connection: string, left: LeftDomain | LeftFolder, options: { deleteData: boolean }): Promise<string[]>;
    /** Remove a DHCP entry. Gone already is success. */
    sweepReservation(connection: string, entry: Leftovers["reservations"][number]): Promise<void>;
}

/** A platform whose hosts are asked by a check. */
export interface HostChecker {
    /** Refuse what earlier releases let pass: where readiness, interfaces and connection are as they were, it is a warning. Asks no host. */
    newProblems(spec: UnikernelSpec): Problem[];
    /**
     * Refuse what the host says that it cannot do; where interfaces and connection are as they were, it is a warning. Asks for each thing
     * once in a run. Empty where the host cannot be asked. Changes nothing.
     */
    hostProblems(spec: UnikernelSpec): Promise<Problem[]>;
}

/** A platform on which not every host makes the same changes while a guest runs. */
export interface HostConsequences {
    /** Return what a change is on its host, where the table calls it live. Asks for each thing once in a run. Changes nothing. */
    consequenceOnHost(
        connection: string,
        change: { property: string; from: unknown; to: unknown },
    ): Promise<Consequence>;
}

/** Capabilities that not every platform has. */
export type Capabilities = Partial<HostPlatform & Importer & GuestViewer & Sweeper & HostChecker & HostConsequences>;

export function hasHosts<B extends Capabilities>(backend: B): backend is B & HostPlatform {
    return backend.leadsTo !== undefined && backend.folder !== undefined && backend.holder !== undefined;
}

export function isImporter<B extends Capabilities>(backend: B): backend is B & Importer {
    return backend.find !== undefined;
}

export function isGuestViewer<B extends Capabilities>(backend: B): backend is B & GuestViewer {
    return backend.describeGuest !== undefined && backend.consoleTail !== undefined;
}

export function isSweeper<B extends Capabilities>(backend: B): backend is B & Sweeper {
    return backend.leftovers !== undefined && backend.sweep !== undefined && backend.sweepReservation !== undefined;
}

export function checksHosts<B extends Capabilities>(backend: B): backend is B & HostChecker {
    return backend.newProblems !== undefined && backend.hostProblems !== undefined;
}

export function hasHostConsequences<B extends Capabilities>(backend: B): backend is B & HostConsequences {
    return backend.consequenceOnHost !== undefined;
}
