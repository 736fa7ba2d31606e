import type { Part } from "../../../spec";
import type { DomainHistory, DomainRecord, DomainState, LeaseRecord, NetworkRecord, ReservationCommand } from "../host";

export type Target = { live: boolean; config: boolean };
export type DomainSummary = Omit<DomainRecord, "inactiveXml" | "liveXml" | "saved" | "savedXml">;
export type OnCrashAction = "destroy" | "restart" | "preserve";

export interface ConnectionFacts {
    /** The URI that libvirt itself names, defaults filled in. */
    uri: string;
    hostname: string;
    libvirtVersion: number;
    hypervisorVersion: number;
    capabilities: string;
}

/** `processors`: those online. */
export interface NodeFacts {
    memoryKib: number;
    freeKib: number;
    processors: number;
}

/** `xml` defines the pool where it is not there. */
export interface PoolRef {
    name: string;
    folder: string;
    xml: string;
}
export interface VolumeRecord {
    name: string;
    size: number;
    /** A plain file, or a link to one: libvirt does not tell. */
    regular: boolean;
}

/**
 * What the child process does for its parent: one entry is one request, on one connection.
 * Each states what its libvirt calls are; "gone" and "already so" are decided there, by number.
 */
export interface Methods {
    connectionFacts(): Promise<ConnectionFacts>;
    /** virNodeGetInfo and virNodeGetMemoryStats, without the latter virNodeGetFreeMemory. */
    nodeFacts(): Promise<NodeFacts>;
    domainCapabilities(virttype: string, machine: string): Promise<string>;
    domainGet(uuid: string): Promise<DomainRecord>;
    domainByName(name: string): Promise<DomainRecord>;
    domainList(): Promise<DomainSummary[]>;
    /** Nanoseconds since its start. */
    domainProcessorTime(uuid: string): Promise<number>;
    domainState(uuid: string): Promise<{ id?: number; state: DomainState; reason: number; active: boolean }>;
    domainHistory(uuid: string): Promise<DomainHistory>;
    domainDefine(xml: string): Promise<void>;
    domainStart(uuid: string, paused: boolean, resumeSaved: boolean): Promise<number>;
    domainRemoveSaved(uuid: string): Promise<void>;
    domainResume(uuid: string): Promise<void>;
    domainSuspend(uuid: string): Promise<void>;
    domainShutdown(uuid: string): Promise<void>;
    /** `restarted`: the host starts guests again by itself; ends when one stays off. */
    domainDestroy(uuid: string): Promise<boolean>;
    domainUndefine(uuid: string): Promise<void>;
    domainSetAutostart(uuid: string, on: boolean): Promise<void>;
    domainSetMemory(uuid: string, kib: number, target: Target): Promise<void>;
    /** Without key and namespace: the domain's description. */
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
    networkLeases(name: string): Promise<LeaseRecord[]>;
    /** Makes and starts the pool, and makes its folder. The others below find no pool where there is no folder. */
    poolEnsure(pool: PoolRef): Promise<void>;
    poolList(pool: PoolRef): Promise<VolumeRecord[]>;
    /** Names of the folders in a folder, by a pool that exists for this call only. Undefined where another pool of the host has the folder. */
    folderList(pool: PoolRef): Promise<string[] | undefined>;
    /** Stops and forgets the pool; removes its folder when it is empty. */
    poolRemove(pool: PoolRef): Promise<void>;
    /** Stop and undefine the pool of this name, if there is one; its folder stays. */
    poolForget(name: string): Promise<void>;
    /** Makes the volume of this XML and fills it. @returns the sha256 of what was sent; undefined when there is a volume of the name, which stays */
    volumeWrite(pool: PoolRef, name: string, xml: string, parts: Part[]): Promise<string | undefined>;
    /** Byte by byte, whatever format libvirt takes it for; `xml` is the new volume's, which replaces one of its name. @returns the sha256 of what was copied */
    volumeCopy(pool: PoolRef, from: string, to: string, xml: string): Promise<string>;
    volumeXml(pool: PoolRef, name: string): Promise<string>;
    /** A negative offset counts from the end. Half a file, which has one of the name `mark` beside it, is not found. */
    volumeRead(pool: PoolRef, name: string, mark: string, offset: number, length: number): Promise<Uint8Array>;
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

/** Nobody waits for the request of this id any more. */
export interface GiveUp {
    giveUp: number;
}

const questions = new Set<MethodName>([
    "connectionFacts",
    "domainCapabilities",
    "domainGet",
    "domainByName",
    "domainList",
    "domainState",
    "domainProcessorTime",
    "domainHistory",
    "domainReadConsole",
    "networkGet",
    "networkList",
    "networkLeases",
    "poolList",
    "folderList",
    "volumeRead",
    "volumeXml",
    "volumeDigest",
]);

/** Whether a request changes nothing on the host. */
export function isQuestion(method: MethodName): boolean {
    return questions.has(method);
}

/** Milliseconds. */
export interface Timeouts {
    /** To open a connection, the user's ssh included. @default 30000 */
    connect: number;
    /** For one request once it is connected; for a transfer or a console, without any progress. @default 90000 */
    call: number;
    /** For a start, a shutdown or a destroy. @default 180000 */
    power: number;
}

/** Why a request failed, as data: class instances do not survive the way between processes. */
export type Failure =
    /** libvirt's own error. `connecting`: no connection could be opened. `lost`: the connection it was asked on is dead. */
    | {
          kind: "libvirt";
          code: number;
          domain: number;
          message: string;
          errno?: number;
          connecting: boolean;
          lost: boolean;
      }
    | { kind: "timeout"; milliseconds: number; connecting: boolean }
    /** Its caller waits no more: it was not begun, or a transfer was cut. */
    | { kind: "given-up" }
    /** libvirt.so.0 cannot be loaded. */
    | { kind: "library"; message: string }
    /** A local file of an upload. */
    | { kind: "file"; code: string; message: string }
    | { kind: "internal"; message: string };

export type Reply =
    | { id: number; result: unknown }
    /** `stuck`: a thread of this process still waits for libvirt; the parent should use another process from now on. */
    | { id: number; failure: Failure; stuck?: boolean }
    | { id: number; progress: number };
