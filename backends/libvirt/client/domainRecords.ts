import type { DomainRecord, DomainState } from "../host";
import { CallFailed, type Connection } from "./connection";
import { savedFacts } from "./domainSaved";
import { type Handle, libvirt, readPointers, readStruct, readStructs, takePointers } from "./ffi";
import type { DomainSummary } from "./protocol";

/** virDomainState, libvirt-domain.h. */
const states: DomainState[] = ["none", "running", "blocked", "paused", "shutdown", "shutoff", "crashed", "suspended"];

const noSupport = 3; // virErrorNumber
/** virDomainXMLFlags. */
export const xmlSecure = 1,
    xmlInactive = 2;
/** virConnectListAllDomainsFlags. */
export const listPersistent = 4,
    listAutostart = 1024;
const statsState = 1; // virDomainStatsTypes

type State = Pick<DomainRecord, "id" | "state" | "reason" | "active">;

export async function domainState(connection: Connection, domain: Handle): Promise<State> {
    const state = [0],
        reason = [0];
    await connection.number("virDomainGetState", domain, state, reason, 0);
    return named(domain, state[0]!, reason[0]!);
}

const noId = 0xffffffff; // virDomainGetID: (unsigned int) -1
const shutoffCrashed = 3; // virDomainShutoffReason

/** @param domain a fresh look-up: it includes the domain's number */
export function named(domain: Handle, number: number, reason: number): State {
    const said = states[number] ?? "none";
    const id = Number(libvirt().virDomainGetID(domain));
    const there = id === noId ? {} : { id };
    // libxl reports "shut off" for a preserved crashed domain (libxl_domain.c, libxlDomainShutdownThread).
    const state = said === "shutoff" && reason === shutoffCrashed && "id" in there ? "crashed" : said;
    // Not by the state: a preserved crashed guest still has its QEMU process, and libxl reports "shut off" before it
    // has
    // cleaned up.
    return { ...there, state, reason, active: "id" in there };
}

export function identity(domain: Handle): Pick<DomainRecord, "uuid" | "name"> {
    const buffer = Buffer.alloc(37); // VIR_UUID_STRING_BUFLEN
    libvirt().virDomainGetUUIDString(domain, buffer);
    return { uuid: buffer.toString("latin1", 0, 36), name: libvirt().virDomainGetName(domain) as string };
}

export async function domainRecord(connection: Connection, domain: Handle): Promise<DomainRecord> {
    const state = await domainState(connection, domain);
    const active = (await connection.number("virDomainIsActive", domain)) === 1;
    const persistent = (await connection.number("virDomainIsPersistent", domain)) === 1;
    const autostart = [0];
    if (persistent) await connection.number("virDomainGetAutostart", domain, autostart);
    return {
        ...identity(domain),
        ...state,
        active,
        persistent,
        autostart: autostart[0] === 1,
        inactiveXml: await connection.text("virDomainGetXMLDesc", domain, xmlSecure | xmlInactive),
        liveXml: active ? await connection.text("virDomainGetXMLDesc", domain, xmlSecure) : undefined,
        ...(active || !persistent ? {} : await savedFacts(connection, domain)),
    };
}

/** List all domains with three calls, independent of their number. */
export async function listDomains(connection: Connection): Promise<DomainSummary[]> {
    const persistent = new Set(await eachDomain(connection, listPersistent, async (domain) => identity(domain).uuid));
    const autostart = new Set(await eachDomain(connection, listAutostart, async (domain) => identity(domain).uuid));
    const found = await allStates(connection);
    return found.map((one) => ({ ...one, persistent: persistent.has(one.uuid), autostart: autostart.has(one.uuid) }));
}

async function eachDomain<T>(
    connection: Connection,
    flags: number,
    work: (domain: Handle) => Promise<T>,
): Promise<T[]> {
    const out: [Handle | null] = [null];
    const count = await connection.number("virConnectListAllDomains", connection.handle, out, flags);
    const domains = takePointers(out[0], count);
    try {
        const results: T[] = [];
        for (const domain of domains) results.push(await work(domain));
        return results;
    } finally {
        for (const domain of domains) libvirt().virDomainFree(domain);
    }
}

/** Return the states of all domains, with one call where the driver supports it (libxl does not). */
async function allStates(connection: Connection): Promise<(Pick<DomainRecord, "uuid" | "name"> & State)[]> {
    const out: [Handle | null] = [null];
    try {
        const count = await connection.number("virConnectGetAllDomainStats", connection.handle, statsState, out, 0);
        return readPointers(out[0], count).map((pointer) => {
            const { dom, params, nparams } = readStruct(pointer, "virDomainStatsRecord");
            const values = new Map(
                readStructs(params as Handle | null, "virTypedParameter", Number(nparams)).map(({ field, i }) => [
                    field,
                    Number(i),
                ]),
            );
            return {
                ...identity(dom as Handle),
                ...named(dom as Handle, values.get("state.state") ?? 0, values.get("state.reason") ?? 0),
            };
        });
    } catch (error) {
        if (!(error instanceof CallFailed) || error.code !== noSupport) throw error;
        return await eachDomain(connection, 0, async (domain) => ({
            ...identity(domain),
            ...(await domainState(connection, domain)),
        }));
    } finally {
        if (out[0] !== null) libvirt().virDomainStatsRecordListFree(out[0]);
    }
}
