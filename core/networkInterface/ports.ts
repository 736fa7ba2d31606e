import { holderOf, noteInRun } from "../holders";
import { hashOf } from "../identity";
import type { Forward } from "../../spec";

/** Below Linux's ephemeral range (net.ipv4.ip_local_port_range begins at 32768), above what services use. */
const FIRST = 20_000;
const COUNT = 12_768;
/** Ports behind the first one that may have been chosen because others had those before. */
const NEXT = 100;

type OpenForward = Omit<Forward, "host"> & { host?: number };

/** What state has of the interface. */
interface Before { urn?: string; forwards: OpenForward[] }

/** Who holds which port in this program: `address:port/protocol` → the forward. */
const held = new Map<string, string>();

/**
 * Gives each forward that names no host port one: the port from before for the same guest port, else one from the URN
 * and the guest port, the next where another forward has it: of this program, or of another stack of this user.
 */
export async function withPorts(urn: string, forwards: OpenForward[], before: Before): Promise<Forward[]> {
    const whole: Forward[] = [];
    for (const forward of forwards) {
        const key = `${forward.guest}/${forward.protocol} ${forward.address}`;
        const host = forward.host ?? await kept(urn, key, forward, before);
        whole.push({ ...forward, host: host === undefined ? await choose(urn, key, forward) : hold(urn, key, forward, host) });
    }
    return whole;
}

/**
 * The port in state. One that follows from our URN and has gone with an interface that was renamed since is not ours any more,
 * even where state has it: the guest could not be made beside the other.
 */
async function kept(urn: string, key: string, forward: OpenForward, before: Before): Promise<number | undefined> {
    const port = before.forwards.find((old) => old.guest === forward.guest && old.protocol === forward.protocol)?.host;
    if (port === undefined) return undefined;
    const step = (port - FIRST - startOf(urn, key) + COUNT) % COUNT;
    if (before.urn === urn && step < NEXT && await isOthers(urn, forward, port)) return undefined;
    noteInRun(place(forward, port), urn);
    return port;
}

function startOf(urn: string, key: string): number {
    return parseInt(hashOf(`${urn} ${key}`, 8), 16) % COUNT;
}

async function choose(urn: string, key: string, forward: OpenForward): Promise<number> {
    const start = startOf(urn, key);
    for (let step = 0; step < COUNT; step++) {
        const port = FIRST + ((start + step) % COUNT);
        if (await isOthers(urn, forward, port)) continue;
        const holder = held.get(place(forward, port));
        if (holder === undefined || holder === `${urn} ${key}`) return hold(urn, key, forward, port);
    }
    return FIRST + start;
}

function hold(urn: string, key: string, forward: OpenForward, port: number): number {
    held.set(place(forward, port), `${urn} ${key}`);
    return port;
}

async function isOthers(urn: string, forward: OpenForward, port: number): Promise<boolean> {
    const holder = await holderOf(place(forward, port));
    return holder !== undefined && holder !== urn;
}

function place({ address, protocol }: Pick<OpenForward, "address" | "protocol">, port: number): string {
    return `${address}:${port}/${protocol}`;
}

/** Return the host's ports that an interface has. */
export function placesOf(attach: unknown): string[] {
    const forwards: unknown = Object(Object(attach).user).forward;
    return Array.isArray(forwards) ? (forwards as OpenForward[]).flatMap((forward) => (typeof forward.host === "number" ? [place(forward, forward.host)] : [])) : [];
}
