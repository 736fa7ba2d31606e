import { CallFailed, type Connection, invoke } from "./connection";
import { domainHistory } from "./domainHistory";
import { domainRecord, domainState, identity, listDomains } from "./domainRecords";
import { hasSavedImage } from "./domainSaved";
import { definitionAndImage, domainRecords, remoteRecord } from "./domainsTogether";
import { type Handle, libvirt } from "./ffi";
import type { OnCrashAction, Target } from "./protocol";
import { readConsole } from "./stream";

/** virErrorNumber, virterror.h. */
const invalidArgument = 8,
    noDomain = 42,
    operationInvalid = 55;

const startPaused = 1,
    forceBoot = 8; // virDomainCreateFlags
const metadataDescription = 0,
    metadataElement = 2; // virDomainMetadataType
const lifecycleCrash = 2; // virDomainLifecycle
const lifecycleActions: Record<OnCrashAction, number> = { destroy: 0, restart: 1, preserve: 3 }; // virDomainLifecycleAction
/**
 * virDomainUndefineFlagsValues: managed save 1, snapshots 2, NVRAM 4, checkpoints 16. Drivers support all, or the first
 * as libxl (libxl_driver.c, libxlDomainUndefineFlags).
 */
const undefineFlags = [1 | 2 | 4 | 16, 1];
/** The place in undefineFlags of those that a connection's driver has accepted. */
const accepted = new WeakMap<Connection, number>();

/** Return the flags of virDomainModificationImpact. */
function impact({ live, config }: Target): number {
    return (live ? 1 : 0) | (config ? 2 : 0);
}

/** Work on a domain, without a look-up where its handle is at hand. */
async function byUuid<T>(connection: Connection, uuid: string, work: (domain: Handle) => Promise<T>): Promise<T> {
    const kept = connection.kept(uuid);
    return kept === undefined ? lookedUp(connection, uuid, work) : work(kept);
}

/** Work on a domain after a look-up, which tells its present number. */
async function lookedUp<T>(connection: Connection, uuid: string, work: (domain: Handle) => Promise<T>): Promise<T> {
    if (!connection.remote)
        return connection.using("virDomainFree", ["virDomainLookupByUUIDString", connection.handle, uuid], work);
    const domain = await connection.handleOf("virDomainLookupByUUIDString", connection.handle, uuid);
    connection.keep(uuid, domain);
    return work(domain);
}

export const domainMethods = {
    domainGet: (connection: Connection, _progress: unknown, uuid: string) =>
        lookedUp(
            connection,
            uuid,
            async (domain) => (await remoteRecord(connection, domain)) ?? domainRecord(connection, domain),
        ),

    domainDefinition: (connection: Connection, _progress: unknown, uuid: string) =>
        byUuid(connection, uuid, (domain) => definitionAndImage(connection, domain)),

    domainsGet: (connection: Connection, progress: (numbers: (number | null)[]) => void, uuids: string[]) =>
        domainRecords(connection, uuids, progress),

    domainByName: (connection: Connection, _progress: unknown, name: string) =>
        connection.using("virDomainFree", ["virDomainLookupByName", connection.handle, name], (domain) =>
            domainRecord(connection, domain),
        ),

    domainProcessorTime: (connection: Connection, _progress: unknown, uuid: string) =>
        byUuid(connection, uuid, async (domain) => {
            const info: { cpuTime?: number | bigint } = {};
            await connection.number("virDomainGetInfo", domain, info);
            return Number(info.cpuTime);
        }),

    domainList: (connection: Connection) => listDomains(connection),

    domainState: (connection: Connection, _progress: unknown, uuid: string) =>
        lookedUp(connection, uuid, (domain) => domainState(connection, domain)),

    domainHistory: (connection: Connection, _progress: unknown, uuid: string) =>
        byUuid(connection, uuid, (domain) => domainHistory(connection, domain)),

    domainDefine: async (connection: Connection, _progress: unknown, xml: string) => {
        const domain = await connection.handleOf("virDomainDefineXML", connection.handle, xml);
        connection.keep(identity(domain).uuid, domain);
    },

    domainStart: (
        connection: Connection,
        _progress: unknown,
        uuid: string,
        { paused, resumeSaved, unsaved }: { paused: boolean; resumeSaved?: boolean; unsaved?: boolean },
    ) =>
        byUuid(connection, uuid, async (domain) => {
            const flags = paused ? startPaused : 0;
            if (resumeSaved || unsaved || !(await hasSavedImage(connection, domain)))
                await connection.number("virDomainCreateWithFlags", domain, flags);
            else await bootWithoutImage(connection, domain, flags);
            return Number(libvirt().virDomainGetID(domain));
        }),

    domainRemoveSaved: (connection: Connection, _progress: unknown, uuid: string) =>
        byUuid(connection, uuid, async (domain) => {
            if (await hasSavedImage(connection, domain))
                await connection.number("virDomainManagedSaveRemove", domain, 0);
        }),

    domainResume: (connection: Connection, _progress: unknown, uuid: string) =>
        act(connection, uuid, "virDomainResume"),
    domainResumeMarked: (
        connection: Connection,
        _progress: unknown,
        uuid: string,
        text: string,
        key: string,
        namespace: string,
    ) => byUuid(connection, uuid, (domain) => resumeMarked(connection, domain, [text, key, namespace])),
    domainSuspend: (connection: Connection, _progress: unknown, uuid: string) =>
        act(connection, uuid, "virDomainSuspend"),
    domainShutdown: (connection: Connection, _progress: unknown, uuid: string) =>
        act(connection, uuid, "virDomainShutdown"),

    domainDestroy: async (connection: Connection, _progress: unknown, uuid: string): Promise<boolean> =>
        (await unlessGone(
            byUuid(connection, uuid, async (domain) => {
                try {
                    await connection.number("virDomainDestroy", domain);
                    return true;
                } catch (error) {
                    if (!(error instanceof CallFailed) || error.code !== operationInvalid) throw error;
                    if ((await connection.number("virDomainIsActive", domain)) === 1) throw error;
                    return false;
                }
            }),
        )) ?? false,

    domainUndefine: (connection: Connection, _progress: unknown, uuid: string) =>
        unlessGone(
            byUuid(connection, uuid, async (domain) => {
                for (const flags of undefineFlags.slice(accepted.get(connection) ?? (connection.libxl ? 1 : 0))) {
                    try {
                        await connection.number("virDomainUndefineFlags", domain, flags);
                        connection.forget(uuid);
                        accepted.set(connection, undefineFlags.indexOf(flags));
                        return;
                    } catch (error) {
                        if (
                            !(error instanceof CallFailed) ||
                            error.code !== invalidArgument ||
                            flags === undefineFlags.at(-1)
                        )
                            throw error;
                    }
                }
            }),
        ),

    domainSetAutostart: (connection: Connection, _progress: unknown, uuid: string, on: boolean) =>
        act(connection, uuid, "virDomainSetAutostart", on ? 1 : 0),

    domainSetMemory: (connection: Connection, _progress: unknown, uuid: string, kib: number, target: Target) =>
        act(connection, uuid, "virDomainSetMemoryFlags", kib, impact(target)),

    domainSetMetadata: (
        connection: Connection,
        _progress: unknown,
        uuid: string,
        text: string,
        key: string | null,
        namespace: string | null,
        target: Target,
    ) => {
        const type = key === null ? metadataDescription : metadataElement;
        return act(connection, uuid, "virDomainSetMetadata", type, text, key, namespace, impact(target));
    },

    domainUpdateDevice: (connection: Connection, _progress: unknown, uuid: string, xml: string, target: Target) =>
        act(connection, uuid, "virDomainUpdateDeviceFlags", xml, impact(target)),

    domainSetOnCrash: (
        connection: Connection,
        _progress: unknown,
        uuid: string,
        action: OnCrashAction,
        target: Target,
    ) => act(connection, uuid, "virDomainSetLifecycleAction", lifecycleCrash, lifecycleActions[action], impact(target)),

    domainReadConsole: (
        connection: Connection,
        progress: (bytes: number) => void,
        uuid: string,
        milliseconds: number,
    ) => lookedUp(connection, uuid, (domain) => readConsole(connection, domain, uuid, milliseconds, progress)),
};

/** Send both calls at once. The error of a resume that fails alone is that of the connection. */
async function resumeMarked(
    connection: Connection,
    domain: Handle,
    [text, key, namespace]: [string, string, string],
): Promise<boolean> {
    const both = impact({ live: true, config: true });
    const [resumed, marked] = (await Promise.all([
        invoke("virDomainResume", domain),
        invoke("virDomainSetMetadata", domain, metadataElement, text, key, namespace, both),
    ])) as [number, number];
    if (resumed < 0) throw connection.failure();
    return marked >= 0;
}

/**
 * Discard the save image and boot, in one call where possible: the libxl driver refuses the flag (libxl_driver.c,
 * libxlDomainCreateWithFlags).
 */
async function bootWithoutImage(connection: Connection, domain: Handle, flags: number): Promise<void> {
    try {
        await connection.number("virDomainCreateWithFlags", domain, flags | forceBoot);
    } catch (error) {
        if (!(error instanceof CallFailed) || error.code !== invalidArgument) throw error;
        await connection.number("virDomainManagedSaveRemove", domain, 0);
        await connection.number("virDomainCreateWithFlags", domain, flags);
    }
}

type DomainAction =
    | "virDomainResume"
    | "virDomainSuspend"
    | "virDomainShutdown"
    | "virDomainSetAutostart"
    | "virDomainSetMemoryFlags"
    | "virDomainSetMetadata"
    | "virDomainUpdateDeviceFlags"
    | "virDomainSetLifecycleAction";

async function act(connection: Connection, uuid: string, name: DomainAction, ...args: unknown[]): Promise<void> {
    await byUuid(connection, uuid, (domain) => connection.number(name, domain, ...args));
}

async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
    return work.catch((error) => {
        if (!(error instanceof CallFailed) || error.code !== noDomain) throw error;
        return undefined;
    });
}
