import type { DomainRecord } from "../host";
import { CallFailed, type Connection, invoke } from "./connection";
import { domainRecord, identity, listAutostart, listPersistent, named, xmlInactive, xmlSecure } from "./domainRecords";
import { savedFacts } from "./domainSaved";
import { type Handle, libvirt, takePointers } from "./ffi";

const noDomain = 42; // virErrorNumber

/** Domains whose calls are sent before the first is answered. Each call has one of the 64 threads. */
const AT_ONCE = 8;

/**
 * Return the records of several domains, in two waits for the host instead of seven for each. libxl has no call for the
 * facts of many domains, so their calls are sent together. A call that fails is made again alone: libvirt keeps one
 * error for a connection, and it may be that of another call.
 */
export async function domainRecords(connection: Connection, uuids: string[]): Promise<(DomainRecord | null)[]> {
    const [all, persistent, autostart] = await Promise.all(
        [0, listPersistent, listAutostart].map((flags) => list(connection, flags)),
    );
    const handles = [...(all ?? []), ...(persistent ?? []), ...(autostart ?? [])];
    try {
        const found = all && persistent && autostart && new Map(all.map((domain) => [identity(domain).uuid, domain]));
        const [kept, starting] = [persistent, autostart].map(
            (domains) => new Set(domains?.map((domain) => identity(domain).uuid)),
        ) as [Set<string>, Set<string>];
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
    const [persistent, done, record] = await Promise.all([
        invoke("virDomainIsPersistent", domain),
        invoke("virDomainGetAutostart", domain, autostart),
        recordOf(domain, true, false),
    ]);
    if (persistent !== 1 || done !== 0 || !record) return undefined;
    return {
        ...record,
        autostart: autostart[0] === 1,
        ...(record.active ? {} : await savedFacts(connection, domain)),
    };
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
