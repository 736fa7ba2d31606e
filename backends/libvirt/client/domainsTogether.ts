import type { DomainRecord } from "../host";
import { CallFailed, type Connection, invoke } from "./connection";
import { historyTogether } from "./domainHistory";
import { domainRecord, identity, listAutostart, listPersistent, named, xmlInactive, xmlSecure } from "./domainRecords";
import { savedFacts } from "./domainSaved";
import { type Handle, libvirt, takePointers } from "./ffi";

const noDomain = 42; // virErrorNumber

/** Domains whose calls are sent before the first is answered. Each call has one of the 64 threads. */
const AT_ONCE = 16;

/**
 * Return the records of several domains, in two waits for the host instead of seven for each. libxl has no call for the
 * facts of many domains, so their calls are sent together. A call that fails is made again alone: libvirt keeps one
 * error for a connection, and it may be that of another call.
 * @param listed gets the domains' numbers after the first wait (Progress)
 */
export async function domainRecords(
    connection: Connection,
    uuids: string[],
    listed: (numbers: (number | null)[]) => void,
): Promise<(DomainRecord | null)[]> {
    const [all, persistent, autostart] = await Promise.all(
        [0, listPersistent, listAutostart].map((flags) => list(connection, flags)),
    );
    const handles = [...(all ?? []), ...(persistent ?? []), ...(autostart ?? [])];
    try {
        const found = all && persistent && autostart && new Map(all.map((domain) => [identity(domain).uuid, domain]));
        const [kept, starting] = [persistent, autostart].map(
            (domains) => new Set(domains?.map((domain) => identity(domain).uuid)),
        ) as [Set<string>, Set<string>];
        if (found)
            listed(
                uuids.map((uuid) => {
                    const domain = found.get(uuid);
                    return domain === undefined ? null : (named(domain, 0, 0).id ?? -1);
                }),
            );
        const read = await inTurns(uuids, async (uuid) => {
            const domain = found?.get(uuid);
            return domain === undefined ? undefined : recordOf(domain, kept.has(uuid), starting.has(uuid));
        });
        const records: (DomainRecord | null)[] = [];
        // Of those that the list does not have, too, libvirt itself says that there is none.
        for (const [index, uuid] of uuids.entries()) records.push(await completed(connection, uuid, read[index]));
        return records;
    } finally {
        for (const domain of handles) libvirt().virDomainFree(domain);
    }
}

/** Return the domains; undefined where the call failed. */
async function list({ handle }: Connection, flags: number): Promise<Handle[] | undefined> {
    const out: [Handle | null] = [null];
    const count = (await invoke("virConnectListAllDomains", handle, out, flags)) as number;
    return count < 0 ? undefined : takePointers(out[0], count);
}

/**
 * Return the record of one domain of a remote host, in one wait; undefined on this machine, and where a call failed.
 */
export async function remoteRecord(connection: Connection, domain: Handle): Promise<DomainRecord | undefined> {
    if (!connection.remote) return undefined;
    const autostart = [0];
    const [persistent, done, record, history] = await Promise.all([
        invoke("virDomainIsPersistent", domain),
        invoke("virDomainGetAutostart", domain, autostart),
        recordOf(domain, true, false),
        connection.libxl ? historyTogether(connection, domain) : undefined,
    ]);
    if (persistent !== 1 || done !== 0 || !record) return undefined;
    return {
        ...record,
        autostart: autostart[0] === 1,
        ...(history ? { history } : {}),
        ...(record.active ? {} : await savedFacts(connection, domain)),
    };
}

/**
 * Return the definition for the next boot of a domain, and of a remote one in the same wait whether a start would resume
 * a saved image.
 */
export async function definitionAndImage(
    connection: Connection,
    domain: Handle,
): Promise<{ inactiveXml: string; saved?: boolean }> {
    if (connection.remote) {
        const [inactiveXml, saved] = (await Promise.all([
            invoke("virDomainGetXMLDesc", domain, xmlSecure | xmlInactive),
            invoke("virDomainHasManagedSaveImage", domain, 0),
        ])) as [string | null, number];
        if (inactiveXml !== null && saved >= 0) return { inactiveXml, saved: saved === 1 };
    }
    return { inactiveXml: await connection.text("virDomainGetXMLDesc", domain, xmlSecure | xmlInactive) };
}

/** Return a domain's record; undefined where a call failed. */
async function recordOf(domain: Handle, persistent: boolean, autostart: boolean): Promise<DomainRecord | undefined> {
    const state = [0],
        reason = [0];
    const active = "id" in named(domain, 0, 0);
    const [done, inactiveXml, liveXml] = (await Promise.all([
        invoke("virDomainGetState", domain, state, reason, 0),
        invoke("virDomainGetXMLDesc", domain, xmlSecure | xmlInactive),
        active ? invoke("virDomainGetXMLDesc", domain, xmlSecure) : undefined,
    ])) as [number, string | null, string | null | undefined];
    if (done < 0 || inactiveXml === null || liveXml === null) return undefined;
    const facts = named(domain, state[0]!, reason[0]!);
    return { ...identity(domain), ...facts, persistent, autostart, inactiveXml, liveXml };
}

/** Complete a record by the calls that only few domains need, and read one alone where that failed. */
async function completed(
    connection: Connection,
    uuid: string,
    record: DomainRecord | undefined,
): Promise<DomainRecord | null> {
    if (record && (record.active || !record.persistent)) return record;
    try {
        return await connection.using(
            "virDomainFree",
            ["virDomainLookupByUUIDString", connection.handle, uuid],
            async (domain) =>
                record ? { ...record, ...(await savedFacts(connection, domain)) } : domainRecord(connection, domain),
        );
    } catch (error) {
        if (error instanceof CallFailed && error.code === noDomain) return null;
        throw error;
    }
}

async function inTurns<T, U>(items: T[], work: (item: T) => Promise<U>): Promise<U[]> {
    const results: U[] = [];
    let next = 0;
    const turn = async (): Promise<void> => {
        for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at]!);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, turn));
    return results;
}
