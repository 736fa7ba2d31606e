import type { HostChannels } from "./hostChannels";
import type { HostFiles } from "./hostFiles";

export type { HostChannels } from "./hostChannels";
export type { FileBatches, FilePut, Guard, HostFile, HostFiles, ReadRange, Renames, WriteOptions } from "./hostFiles";

/** The states of a domain, as virDomainState of libvirt-domain.h names them. */
export type DomainState = "running" | "blocked" | "paused" | "shutdown" | "shutoff" | "crashed" | "suspended" | "none";

export interface DomainRecord {
    uuid: string;
    name: string;
    /** The number that the hypervisor gave it for this run; undefined when it is not running. */
    id?: number;
    state: DomainState;
    /** The number from virDomainShutoffReason, virDomainPausedReason …; its meaning depends on the state. */
    reason: number;
    active: boolean;
    autostart: boolean;
    persistent: boolean;
    /** The definition for the next boot, secure fields included where allowed. */
    inactiveXml: string;
    /** The definition of the running domain; undefined when it is not active. */
    liveXml?: string;
    /**
     * It is off, and libvirt keeps a managed save image of its memory: a plain start resumes from that image, even if
     * the definition has changed.
     */
    saved?: boolean;
    /** The definition inside that image, where the driver can show it (QEMU's can). */
    savedXml?: string;
    /** Its snapshots and checkpoints, where they were read with it. */
    history?: DomainHistory;
}

/** The names of a domain's snapshots and checkpoints. */
export interface DomainHistory {
    snapshots: string[];
    checkpoints: string[];
}

/** An event of a domain's life, by libvirt's numbers: virDomainEventType, and the detail of that type. */
export interface DomainEvent {
    uuid: string;
    name: string;
    event: number;
    detail: number;
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
    /** MiB that the host's kernel has now, including memory that was plugged in after boot. */
    memory: number;
    /** MiB that are not in use. A cache that the kernel could give back counts as in use. */
    freeMemory: number;
    /** MiB that a new guest could have: those not in use, and the caches that the kernel gives back. */
    availableMemory: number;
    /** Processors that are online. */
    processors: number;
}

export interface NetworkRecord {
    name: string;
    uuid: string;
    active: boolean;
    xml: string;
}

/** A network with both of its definitions. */
export interface NetworkDetails extends NetworkRecord {
    persistent: boolean;
    autostart: boolean;
    /** The definition for the next start; `xml` is that of the running network, where it is active. */
    inactiveXml: string;
}

/** A change of a part of a running network, by virNetworkUpdate; the definition for its next start stays. */
export interface NetworkChange {
    command: "add-last" | "delete";
    section: "dhcp-range" | "dhcp-host" | "dns-host";
    /** Index of the `<ip>` element; left out for DNS. */
    parent?: number;
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
 * Every effect on a libvirt host goes through this interface, so that fault tests can list the calls and stop between
 * any two. Errors are UnikernelErrors: `not-found` only for libvirt's own no-such-object codes, `unreachable` for a
 * failed connection.
 */
export interface Host {
    readonly uri: string;
    info(): Promise<HostInfo>;
    /** Return the host's memory and processors. Not cached, because every guest changes them. */
    resources(): Promise<HostResources>;
    /** Return the virConnectGetDomainCapabilities XML for an emulator type (kvm, qemu), arch x86_64. */
    domainCapabilities(virttype: "kvm" | "qemu", machine: string): Promise<string>;
    domains: {
        get(uuid: string): Promise<DomainRecord | undefined>;
        /**
         * Return only the definition for the next boot, and whether there is a saved memory image where that costs no
         * wait; undefined where there is no domain. Left out: `get` returns them too.
         */
        definition?(uuid: string): Promise<Pick<DomainRecord, "inactiveXml" | "saved"> | undefined>;
        /**
         * The same as `get`, for a read that many guests make at once: those asked for at the same time are read together. Left
         * out: each by `get`. No record is kept, and no operation that changes something asks this way.
         * @param listed called before the definitions are read, with the domain's number: -1 when it is off, null when
         * there is none
         */
        getTogether?(
            this: void,
            uuid: string,
            listed?: (number: number | null) => void,
        ): Promise<DomainRecord | undefined>;
        byName(name: string): Promise<DomainRecord | undefined>;
        /** Return all persistent and transient domains, without XML. */
        list(): Promise<Omit<DomainRecord, "inactiveXml" | "liveXml">[]>;
        /** Return only state, reason and number: cheap enough for polling. */
        state(uuid: string): Promise<Pick<DomainRecord, "id" | "state" | "reason" | "active"> | undefined>;
        /**
         * Return the nanoseconds of processor time used since the start (virDomainGetInfo). QEMU's driver counts in
         * ticks of 10 ms.
         */
        processorTime(uuid: string): Promise<number | undefined>;
        /** Return the names of its snapshots and checkpoints; none where the driver does not support them. */
        history(uuid: string): Promise<DomainHistory>;
        define(xml: string): Promise<void>;
        /**
         * Boot the definition. Removes a managed save image, unless `resumeSaved` asks to resume from it, or the caller
         * has just seen that there is none (`unsaved`).
         * @returns the number that the hypervisor gave the domain
         */
        start(uuid: string, options: { paused: boolean; resumeSaved?: boolean; unsaved?: boolean }): Promise<number>;
        /** Remove the managed save image of a guest that is off. Succeeds when there is none. */
        removeSaved(uuid: string): Promise<void>;
        resume(uuid: string): Promise<void>;
        /**
         * `resume` and `setMetadata` of our element, live and in the configuration, in one wait. Left out: single calls
         * are as fast.
         * @returns whether the element was set: the guest may end at once
         */
        resumeMarked?(uuid: string, mark: string): Promise<boolean>;
        suspend(uuid: string): Promise<void>;
        /** Ask the guest to shut down, and return at once. */
        shutdown(uuid: string): Promise<void>;
        /** Stop the domain by force, and return when it is off. @returns whether it was running */
        destroy(uuid: string): Promise<boolean>;
        /** Succeeds when it is gone already. */
        undefine(uuid: string): Promise<void>;
        setAutostart(uuid: string, on: boolean): Promise<void>;
        setMemory(uuid: string, kib: number, target: { live: boolean; config: boolean }): Promise<void>;
        /**
         * Set the element of our namespace (virDomainSetMetadata with VIR_DOMAIN_METADATA_ELEMENT), or the description.
         */
        setMetadata(
            uuid: string,
            value: string | { description: string },
            target: { live: boolean; config: boolean },
        ): Promise<void>;
        updateDevice(uuid: string, xml: string, target: { live: boolean; config: boolean }): Promise<void>;
        /** Set the action on a crash (virDomainSetLifecycleAction). */
        setOnCrash(
            uuid: string,
            action: "destroy" | "restart" | "preserve",
            target: { live: boolean; config: boolean },
        ): Promise<void>;
        /**
         * Report what happens to any domain, in order, until the signal. Throws when the host is lost.
         * `ready`: every later event is reported.
         */
        watch(listener: { ready(): void; event(event: DomainEvent): void }, signal: AbortSignal): Promise<void>;
        /** Open the console, read its output for the given time (ms), and close it. */
        readConsole(uuid: string, milliseconds: number): Promise<string>;
    };
    networks: {
        get(name: string): Promise<NetworkRecord | undefined>;
        list(): Promise<NetworkRecord[]>;
        /**
         * Change a DHCP entry in the network's configuration, and live where the network is active.
         * @param parent index of the <ip> element; the first with DHCP by default
         */
        updateReservation(name: string, command: ReservationCommand, hostXml: string, parent?: number): Promise<void>;
        /**
         * Add a DNS record to a network's configuration, and live where the network is active, or delete one. libvirt modifies
         * none, and refuses a second record of one address (virNetworkDefUpdateDNSHost, network_conf.c).
         * @param hostXml a <host ip> element of <dns>; to delete, without names: a name may be in several records
         */
        updateRecord(name: string, command: NetworkChange["command"], hostXml: string): Promise<void>;
        leases(name: string): Promise<LeaseRecord[]>;
        /** Return a network with both definitions; undefined where the host has none of this name or uuid. */
        details(of: { name: string } | { uuid: string }): Promise<NetworkDetails | undefined>;
        /** Define a network, or the next start of one of the same uuid and name. */
        define(xml: string): Promise<void>;
        /** Start a network that is defined nowhere: it is gone when it is destroyed, or when its host restarts. */
        create(xml: string): Promise<void>;
        /** Start a network. Succeeds when it is active. */
        start(uuid: string): Promise<void>;
        /** Stop a network: guests on it lose their link. Succeeds when it is not active, or gone. */
        destroy(uuid: string): Promise<void>;
        /** Succeeds when it is gone already. */
        undefine(uuid: string): Promise<void>;
        setAutostart(uuid: string, on: boolean): Promise<void>;
        /** Change a part of a running network. */
        update(uuid: string, change: NetworkChange): Promise<void>;
    };
    files: HostFiles;
    /**
     * Return the files below another base than the configured one, so that a guest of a former configuration is removed
     * with its files.
     */
    filesBelow?(base: string): HostFiles;
    /**
     * Return the connections that begin on the host; undefined where it is not reached by ssh. Does not contact it. Left
     * out: none.
     * @param sshTarget of the guest's declaration
     */
    channels?(sshTarget?: string): HostChannels | undefined;
}
