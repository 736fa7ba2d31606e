import type { Part } from "../../spec";

/** libvirt's own domain states that we tell apart (virDomainState, libvirt-domain.h). */
export type DomainState = "running" | "blocked" | "paused" | "shutdown" | "shutoff" | "crashed" | "suspended" | "none";

export interface DomainRecord {
    uuid: string;
    name: string;
    /** The number that the hypervisor gave it for this run; undefined when it is not running. */
    id?: number;
    state: DomainState;
    /** virDomainShutoffReason, virDomainPausedReason …: the number, meaning depends on state. */
    reason: number;
    active: boolean;
    autostart: boolean;
    persistent: boolean;
    /** The definition for the next boot, secure fields included where allowed. */
    inactiveXml: string;
    /** What runs; undefined when not active. */
    liveXml?: string;
    /** It is off, and libvirt keeps a managed save image of its memory: a plain start goes on from there, whatever the definition says by then. */
    saved?: boolean;
    /** The definition inside of that image, where the driver can show it (QEMU's can). */
    savedXml?: string;
}

/** What libvirt keeps of a domain beside its definition. */
export interface DomainHistory {
    snapshots: string[];
    checkpoints: string[];
}

export interface HostInfo {
    /** The host's uuid, from its capabilities. */
    uuid: string;
    hostname: string;
    /** qemu:///session or another unprivileged driver. */
    session: boolean;
    /** Runs on this machine (the URI has no remote host). */
    local: boolean;
    /** virConnectGetLibVersion: major * 1e6 + minor * 1e3 + release. */
    libvirtVersion: number;
    hypervisorVersion: number;
    /** virConnectGetCapabilities XML. */
    capabilities: string;
}

export interface HostResources {
    /** MiB that the host's kernel has now, memory that was plugged in after boot included. */
    memory: number;
    /** MiB that are not in use; a cache that the kernel would give back is in use. */
    freeMemory: number;
    /** Online. */
    processors: number;
}

export interface NetworkRecord {
    name: string;
    uuid: string;
    active: boolean;
    xml: string;
}
export interface LeaseRecord {
    mac: string;
    address: string;
    hostname?: string;
    network: string;
    expires: number;
}

/** virNetworkUpdate on section ip-dhcp-host; XML is a <host …/> element. */
export type ReservationCommand = "add-last" | "modify" | "delete";

/**
 * Every effect on a libvirt host goes through this one door, so that fault tests can list the calls
 * and stop between any two. Errors are UnikernelErrors: `not-found` only for libvirt's own
 * no-such-object codes; connection trouble is `unreachable`.
 */
export interface Host {
    readonly uri: string;
    info(): Promise<HostInfo>;
    /** What it has, now: it changes with every guest. */
    resources(): Promise<HostResources>;
    /** virConnectGetDomainCapabilities XML for an emulator type (kvm, qemu), arch x86_64. */
    domainCapabilities(virttype: "kvm" | "qemu", machine: string): Promise<string>;
    domains: {
        get(uuid: string): Promise<DomainRecord | undefined>;
        byName(name: string): Promise<DomainRecord | undefined>;
        /** All persistent and transient domains; without XML. */
        list(): Promise<Omit<DomainRecord, "inactiveXml" | "liveXml">[]>;
        /** State, reason and number only: cheap, for polling. */
        state(uuid: string): Promise<Pick<DomainRecord, "id" | "state" | "reason" | "active"> | undefined>;
        /** Nanoseconds of processor time that it has used since its start (virDomainGetInfo). QEMU's is counted in ticks of 10 ms. */
        processorTime(uuid: string): Promise<number | undefined>;
        /** Names of the snapshots and checkpoints that libvirt has of it; none where the driver knows none. */
        history(uuid: string): Promise<DomainHistory>;
        define(xml: string): Promise<void>;
        /**
         * Boots what is defined; a managed save image is removed, unless the start is to go on from it (`resumeSaved`).
         * @returns the number that the hypervisor gave it
         */
        start(uuid: string, options: { paused: boolean; resumeSaved?: boolean }): Promise<number>;
        /** Removes the managed save image of a guest that is off. None is success. */
        removeSaved(uuid: string): Promise<void>;
        resume(uuid: string): Promise<void>;
        suspend(uuid: string): Promise<void>;
        /** Asks; returns at once. */
        shutdown(uuid: string): Promise<void>;
        /** Forces; returns when it is off. @returns whether it ran */
        destroy(uuid: string): Promise<boolean>;
        /** Gone already is success. */
        undefine(uuid: string): Promise<void>;
        setAutostart(uuid: string, on: boolean): Promise<void>;
        setMemory(uuid: string, kib: number, target: { live: boolean; config: boolean }): Promise<void>;
        /** virDomainSetMetadata: VIR_DOMAIN_METADATA_ELEMENT under our namespace, or the description. */
        setMetadata(
            uuid: string,
            value: string | { description: string },
            target: { live: boolean; config: boolean },
        ): Promise<void>;
        updateDevice(uuid: string, xml: string, target: { live: boolean; config: boolean }): Promise<void>;
        /** virDomainSetLifecycleAction for crashes. */
        setOnCrash(
            uuid: string,
            action: "destroy" | "restart" | "preserve",
            target: { live: boolean; config: boolean },
        ): Promise<void>;
        /** Opens the console, reads what comes within the time (ms) and closes it. */
        readConsole(uuid: string, milliseconds: number): Promise<string>;
    };
    networks: {
        get(name: string): Promise<NetworkRecord | undefined>;
        list(): Promise<NetworkRecord[]>;
        /** Live where the network is active, and in its configuration. `parent`: index of the <ip> element. @default the first with DHCP */
        updateReservation(name: string, command: ReservationCommand, hostXml: string, parent?: number): Promise<void>;
        leases(name: string): Promise<LeaseRecord[]>;
    };
    files: HostFiles;
    /** The guests' folders below another base than the configured one: a guest of another configuration goes with its files. */
    filesBelow?(base: string): HostFiles;
}

export interface HostFile {
    name: string;
    size: number;
}

export interface WriteOptions {
    mode: number;
    /** sha256 hex that all the bytes have: other bytes are the error `changed`, and no file of the name is left. */
    digest?: string;
    onProgress?(bytes: number): void;
}

/**
 * The folder of one guest on the host: local files where we may write there, storage volumes of a
 * pool elsewhere. Names are plain file names.
 */
export interface HostFiles {
    /** Absolute path of a file as the host's QEMU sees it. */
    path(uuid: string, name: string): Promise<string>;
    /** Whole regular files with names that the other calls take. [] only where there is no folder; every other reason is an error. */
    list(uuid: string): Promise<HostFile[]>;
    /** Names in the folder that the other calls do not take: folders, links, dot files of editors or of NFS. */
    strange(uuid: string): Promise<string[]>;
    /**
     * Writes to a temporary name, syncs, renames; names carry a digest, so a whole file of this
     * name and size is left as it is, with `digest` only when it has that one. One part that is a file is reflinked where the file system can.
     */
    put(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<void>;
    /**
     * As put, but only where no file has the name, and whole or not at all: of several processes that do this at once one makes the file.
     * @returns true: this call made it; false: there is one, of whatever content
     */
    putNew(uuid: string, name: string, parts: Part[], options: WriteOptions): Promise<boolean>;
    /** A private copy inside the same folder; replaces `to`. */
    copy(uuid: string, from: string, to: string, options: { mode: number }): Promise<void>;
    /** @throws UnikernelError `in-use` where `to` exists, unless it is to be replaced */
    rename(uuid: string, from: string, to: string, options?: { replace?: boolean }): Promise<void>;
    /** Missing is success. */
    remove(uuid: string, ...names: string[]): Promise<void>;
    /** Return the uuids of all guests that have a folder; undefined where the way to the files cannot list them (another storage pool has their folder). */
    guests(): Promise<string[] | undefined>;
    /** Removes the folder when nothing is in it; else leaves it. */
    removeFolder(uuid: string): Promise<void>;
    /** The last bytes of a file, from `offset` if given; "" when it is not there. */
    read(uuid: string, name: string, range: { offset?: number; length: number }): Promise<string>;
    /** sha256 hex of a file on the host; undefined when it is not there. */
    digest(uuid: string, name: string): Promise<string | undefined>;
    /** Return the number (uid) of the user who owns a file on the host; undefined when it is not there. */
    owner(uuid: string, name: string): Promise<number | undefined>;
}
