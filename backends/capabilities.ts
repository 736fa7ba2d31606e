import type { Problem, UnikernelSpec } from "../model";
import type { Consequence } from "./consequence";
import type {
    Creator,
    FoundGuest,
    GuestDescription,
    GuestEvent,
    GuestName,
    LeftDomain,
    LeftFolder,
    Leftovers,
    ListedGuest,
    OutputOptions,
    OutputReader,
    SeenMember,
} from "./hostReports";

/** The facts of a host by which a new guest is placed. */
export interface HostCapacity {
    /** As `hostId` returns it. */
    id: string;
    /** The host's name for itself. */
    hostname: string;
    /** MiB that a new guest could have. */
    availableMemory: number;
}

/** A platform whose guests run on hosts, each with a uuid of its own and a folder for guests' files. */
export interface HostPlatform {
    /** Return whether a connection leads to hosts of this platform. */
    leadsTo(connection: string): boolean;
    /**
     * Return the folder on the host below which the present configuration puts guests' files; undefined where only the
     * host knows it. Asks no host.
     */
    folder(connection: string): string | undefined;
    /** Return the facts of a host by which a new guest is placed. Changes nothing. */
    capacity(connection: string): Promise<HostCapacity>;
    /** Return the URN in the mark of the domain with this uuid; undefined without such a domain, or without a mark. */
    domainUrn(connection: string, uuid: string): Promise<string | undefined>;
}

/** A platform that can import guests that another program made. */
export interface Importer {
    /**
     * Return a guest by its uuid or name, whichever program made it; undefined when the host has none. Changes nothing.
     * Throws `unsupported`, listing every part of the definition that no argument can declare.
     */
    importGuest(connection: string, target: { uuid?: string; name?: string }): Promise<FoundGuest | undefined>;
}

/** A platform whose hosts can show any guest and its console. */
export interface GuestViewer {
    /**
     * Return the host's name for itself, and the guests with this package's mark, by name. Changes nothing.
     * @param sshTarget as a guest there declares it: the ssh way to dom0, without which a connection that reaches libvirt
     * alone has no uptimes
     */
    listGuests(connection: string, sshTarget?: string): Promise<{ hostname: string; guests: ListedGuest[] }>;
    /** Return a description of a guest, whichever program made it; undefined when the host has none. */
    describeGuest(connection: string, target: GuestName): Promise<GuestDescription | undefined>;
    /**
     * Report what happens to the guests with this package's mark until the signal. Throws when the host is lost.
     * `ready`: every later event is reported.
     */
    watchGuests(
        connection: string,
        listener: { ready(): void; event(event: GuestEvent): void },
        signal: AbortSignal,
    ): Promise<void>;
    /**
     * Return a reader of what a guest prints, from the beginning of its stored output on; undefined where no program
     * stores it.
     */
    guestOutput(
        connection: string,
        guest: { uuid: string; name: string; sshTarget?: string },
        options: OutputOptions,
    ): Promise<OutputReader | undefined>;
    /** Return the last 128 KiB that a guest has printed since its last start; undefined when there is no such guest. */
    consoleTail(connection: string, target: GuestName): Promise<string | undefined>;
}

/** A platform on whose hosts the members of a fleet are found. */
export interface FleetViewer {
    /**
     * Return the guests of the given URNs that a host has. Each is read by a call of its own. Changes nothing.
     * @param likely uuids that they probably have
     */
    fleetMembers(connection: string, urns: readonly string[], likely: readonly string[]): Promise<SeenMember[]>;
}

/** A platform on whose hosts interrupted runs leave domains, folders and DHCP entries. */
export interface Sweeper {
    /** Return this package's objects on the host that may be in no state. Changes nothing. */
    leftovers(connection: string, creator: Creator): Promise<Leftovers>;
    /**
     * Remove the leftovers of an interrupted create.
     * @returns paths that were kept: data (unless `deleteData`), and files that other programs put there
     */
    sweep(connection: string, left: LeftDomain | LeftFolder, options: { deleteData: boolean }): Promise<string[]>;
    /** Remove a DHCP entry. Succeeds when it is gone already. */
    sweepReservation(connection: string, entry: Leftovers["reservations"][number]): Promise<void>;
}

/** A problem with a host. `uncertain`: it may work there, so it is only a warning. */
export type HostProblem = Problem & { uncertain?: true };

/** A platform whose hosts are asked by a check. */
export interface HostChecker {
    /**
     * Refuse what earlier releases let pass: where readiness, interfaces and connection are as they were, it is a
     * warning. Asks no host.
     */
    newProblems(spec: UnikernelSpec): Problem[];
    /**
     * Refuse what the host says that it cannot do; where interfaces and connection are as they were, it is a warning.
     * Asks for each thing once in a run. Empty where the host cannot be asked. Changes nothing.
     */
    hostProblems(spec: UnikernelSpec): Promise<HostProblem[]>;
}

/** A platform on which not every host makes the same changes while a guest runs. */
export interface HostConsequences {
    /**
     * Return what a change is on its host, and the text that names it, where the host or the guest decides; undefined
     * where the table does. Changes nothing.
     */
    consequenceOnHost(
        declared: UnikernelSpec,
        change: { property: string; from: unknown; to: unknown; consequence: Consequence },
        former: Partial<UnikernelSpec>,
    ): Promise<{ consequence: Consequence; note?: string } | undefined>;
}

/** Capabilities that not every platform has. */
export type Capabilities = Partial<
    HostPlatform & Importer & GuestViewer & FleetViewer & Sweeper & HostChecker & HostConsequences
>;

export function hasHosts<B extends Capabilities>(backend: B): backend is B & HostPlatform {
    return backend.leadsTo !== undefined && backend.folder !== undefined && backend.domainUrn !== undefined;
}

export function isImporter<B extends Capabilities>(backend: B): backend is B & Importer {
    return backend.importGuest !== undefined;
}

export function isGuestViewer<B extends Capabilities>(backend: B): backend is B & GuestViewer {
    const { listGuests, describeGuest, watchGuests, guestOutput, consoleTail } = backend;
    return [listGuests, describeGuest, watchGuests, guestOutput, consoleTail].every((one) => one !== undefined);
}

export function isFleetViewer<B extends Capabilities>(backend: B): backend is B & FleetViewer {
    return backend.fleetMembers !== undefined;
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
