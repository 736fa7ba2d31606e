import type { Part } from "../../../model";
import type {
    DomainHistory,
    DomainRecord,
    DomainState,
    LeaseRecord,
    NetworkChange,
    NetworkDetails,
    NetworkRecord,
    ReservationCommand,
} from "../host";

export type Target = { live: boolean; config: boolean };
export type DomainSummary = Omit<DomainRecord, "inactiveXml" | "liveXml" | "saved" | "savedXml">;
/**
 * Bytes of a transfer; or the numbers of several domains: null for one that does not exist, -1 for one that is off.
 */
export type Progress = number | (number | null)[];
export type OnCrashAction = "destroy" | "restart" | "preserve";

export interface ConnectionFacts {
    /** The URI as libvirt reports it, with its defaults. */
    uri: string;
    hostname: string;
    libvirtVersion: number;
    hypervisorVersion: number;
    capabilities: string;
}

/** `processors`: the number online. */
export interface NodeFacts {
    memoryKib: number;
    freeKib: number;
    /** Free, and what caches hold. */
    availableKib: number;
    processors: number;
}

/** `xml` defines the pool where it does not exist. */
export interface PoolRef {
    name: string;
    folder: string;
    xml: string;
}
export interface VolumeRecord {
    name: string;
    size: number;
    /** A regular file, or a link to one: libvirt does not distinguish them. */
    regular: boolean;
}

/**
 * The requests of the parent to the child process. Each runs on one connection. "Gone" and "already done" are decided
 * in the child, by libvirt's error numbers.
 */
export interface Methods {
    connectionFacts(): Promise<ConnectionFacts>;
    /** By virNodeGetInfo and virNodeGetMemoryStats; without the latter by virNodeGetFreeMemory. */
    nodeFacts(): Promise<NodeFacts>;
    domainCapabilities(virttype: string, machine: string): Promise<string>;
    domainGet(uuid: string): Promise<DomainRecord>;
    /** Return the definition for the next boot; `saved`: whether a saved image exists, where that costs no wait. */
    domainDefinition(uuid: string): Promise<{ inactiveXml: string; saved?: boolean }>;
    /**
     * Return the records of several domains, in this order; null for one that does not exist. Before they are read, their
     * numbers are reported as progress.
     */
    domainsGet(uuids: string[]): Promise<(DomainRecord | null)[]>;
    domainByName(name: string): Promise<DomainRecord>;
    domainList(): Promise<DomainSummary[]>;
    /** Return the nanoseconds used since its start. */
    domainProcessorTime(uuid: string): Promise<number>;
    domainState(uuid: string): Promise<{ id?: number; state: DomainState; reason: number; active: boolean }>;
    domainHistory(uuid: string): Promise<DomainHistory>;
    domainDefine(xml: string): Promise<void>;
    domainStart(uuid: string, how: { paused: boolean; resumeSaved?: boolean; unsaved?: boolean }): Promise<number>;
    domainRemoveSaved(uuid: string): Promise<void>;
    domainResume(uuid: string): Promise<void>;
    /** Resume it and set a metadata element at once. @returns whether the element was set */
    domainResumeMarked(uuid: string, text: string, key: string, namespace: string): Promise<boolean>;
    domainSuspend(uuid: string): Promise<void>;
    domainShutdown(uuid: string): Promise<void>;
    /** Return whether it was running. */
    domainDestroy(uuid: string): Promise<boolean>;
    domainUndefine(uuid: string): Promise<void>;
    domainSetAutostart(uuid: string, on: boolean): Promise<void>;
    domainSetMemory(uuid: string, kib: number, target: Target): Promise<void>;
    /** Set a metadata element; without key and namespace, the domain's description. */
    domainSetMetadata(
        uuid: string,
        text: string,
        key: string | null,
        namespace: string | null,
        target: Target,
    ): Promise<void>;
    domainUpdateDevice(uuid: string, xml: string, target: Target): Promise<void>;
    domainSetOnCrash(uuid: string, action: OnCrashAction, target: Target): Promise<void>;
    domainReadConsole(uuid: string, milliseconds: number): Promise<string>;
    networkGet(name: string): Promise<NetworkRecord>;
    networkList(): Promise<NetworkRecord[]>;
    networkUpdateReservation(
        name: string,
        command: ReservationCommand,
        hostXml: string,
        parent?: number,
    ): Promise<void>;
    networkUpdateRecord(name: string, command: NetworkChange["command"], hostXml: string): Promise<void>;
    networkLeases(name: string): Promise<LeaseRecord[]>;
    networkDetails(of: { name: string } | { uuid: string }): Promise<NetworkDetails>;
    networkDefine(xml: string): Promise<void>;
    networkCreate(xml: string): Promise<void>;
    networkStart(uuid: string): Promise<void>;
    networkDestroy(uuid: string): Promise<void>;
    networkUndefine(uuid: string): Promise<void>;
    networkSetAutostart(uuid: string, on: boolean): Promise<void>;
    networkUpdate(uuid: string, change: NetworkChange): Promise<void>;
    /** Define and start the pool, and create its folder. The methods below report no pool where there is no folder. */
    poolEnsure(pool: PoolRef): Promise<void>;
    poolList(pool: PoolRef): Promise<VolumeRecord[]>;
    /**
     * Return the names of the folders in a folder, with a pool that exists only for this call; undefined where another
     * pool of the host has the folder.
     */
    folderList(pool: PoolRef): Promise<string[] | undefined>;
    /** Stop and undefine the pool, and remove its folder if that is empty. */
    poolRemove(pool: PoolRef): Promise<void>;
    /** Stop and undefine the pool of this name, if there is one; its folder stays. */
    poolForget(name: string): Promise<void>;
    /**
     * Create the volume of this XML and fill it.
     * @returns the sha256 of the content sent; undefined when a volume of this name exists, which stays
     */
    volumeWrite(pool: PoolRef, name: string, xml: string, parts: Part[]): Promise<string | undefined>;
    /**
     * Copy a volume byte by byte, in whatever format libvirt detects. `xml` defines the new volume, which replaces one
     * of its name.
     * @returns the sha256 of the copied content
     */
    volumeCopy(pool: PoolRef, from: string, to: string, xml: string): Promise<string>;
    volumeXml(pool: PoolRef, name: string): Promise<string>;
    /**
     * Read part of a volume. A negative offset counts from the end. An incomplete file (one with a volume `mark` beside
     * it) reads as empty.
     */
    volumeRead(
        pool: PoolRef,
        name: string,
        mark: string,
        offset: number,
        length: number,
        growing: boolean,
    ): Promise<Uint8Array>;
    volumeDelete(pool: PoolRef, name: string): Promise<void>;
    volumeDigest(pool: PoolRef, name: string): Promise<string>;
}
export type MethodName = keyof Methods;
export type MethodArgs<M extends MethodName> = Parameters<Methods[M]>;
export type MethodResult<M extends MethodName> = Awaited<ReturnType<Methods[M]>>;

export interface Request {
    id: number;
    uri: string;
    method: MethodName;
    args: unknown[];
    timeouts: Timeouts;
}

/** The caller of the request with this id no longer waits. */
export interface GiveUp {
    giveUp: number;
}

const questions = new Set<MethodName>([
    "connectionFacts",
    "domainCapabilities",
    "domainGet",
    "domainsGet",
    "domainDefinition",
    "domainByName",
    "domainList",
    "domainState",
    "domainProcessorTime",
    "domainHistory",
    "domainReadConsole",
    "networkGet",
    "networkList",
    "networkLeases",
    "networkDetails",
    "poolList",
    "folderList",
    "volumeRead",
    "volumeXml",
    "volumeDigest",
]);

/** Return whether a request is read-only on the host. */
export function isQuestion(method: MethodName): boolean {
    return questions.has(method);
}

/** Milliseconds. */
export interface Timeouts {
    /** To open a connection, including the user's ssh. @default 30000 */
    connect: number;
    /** For one request once it is connected; for a transfer or a console, without any progress. @default 90000 */
    call: number;
    /** For a start, a shutdown or a destroy. @default 180000 */
    power: number;
}

/** The reason of a failed request, as data: class instances cannot be sent between processes. */
export type Failure =
    /** libvirt's own error. `connecting`: no connection could be opened. `lost`: the request's connection is dead. */
    | {
          kind: "libvirt";
          code: number;
          domain: number;
          message: string;
          errno?: number;
          connecting: boolean;
          lost: boolean;
          /** The connection failed after a wait. */
          slow?: boolean;
      }
    | { kind: "timeout"; milliseconds: number; connecting: boolean }
    /** Its caller no longer waits: it was not started, or a transfer was aborted. */
    | { kind: "given-up" }
    /** libvirt.so.0 cannot be loaded. */
    | { kind: "library"; message: string }
    /** An error of a local file that was to be uploaded. */
    | { kind: "file"; code: string; message: string }
    | { kind: "internal"; message: string };

export type Reply =
    | { id: number; result: unknown }
    /** `stuck`: a thread of this process still waits for libvirt, so the parent should start another process. */
    | { id: number; failure: Failure; stuck?: boolean }
    | { id: number; progress: Progress };
