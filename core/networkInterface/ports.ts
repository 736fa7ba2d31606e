import type { Forward } from "../../spec";
import { holderOf, noteHolder, noteInRun } from "../holders";
import { hashOf } from "../identity";
import { isListenedOn } from "./listening";

/** Below Linux's ephemeral range (net.ipv4.ip_local_port_range begins at 32768), above what services use. */
const FIRST = 20_000;
const COUNT = 12_768;
/** Ports behind the first one that may have been chosen because others had those before. */
const NEXT = 100;

type OpenForward = Omit<Forward, "host"> & { host?: number };

/** The interface, and what state has of it. */
interface Owner {
    urn: string;
    mac: string;
    before: { urn?: string; forwards: OpenForward[] };
}

/** Who holds which port in this program: `address:port/protocol` → the forward. */
const held = new Map<string, string>();

/**
 * Gives each forward that names no host port one: the port from before for the same guest port, else one from the URN
 * and the guest port, the next where another has it: a forward of this program, of another stack of this user, or a program of this machine.
 */
export async function withPorts(owner: Owner, forwards: OpenForward[]): Promise<Forward[]> {
    const whole: Forward[] = [];
    for (const forward of forwards) {
        const key = `${forward.guest}/${forward.protocol} ${forward.address}`;
        const host = forward.host ?? (await kept(owner, key, forward));
        whole.push({
            ...forward,
            host: host === undefined ? await choose(owner, key, forward) : hold(owner.urn, key, forward, host),
        });
    }
    return whole;
}

/**
 * The port in state. One that follows from our URN and has gone with an interface that was renamed since is not ours any more,
 * even where state has it: the guest could not be made beside the other. Neither is one that the guest's host refused.
 */
async function kept({ urn, mac, before }: Owner, key: string, forward: OpenForward): Promise<number | undefined> {
    const port = before.forwards.find((old) => old.guest === forward.guest && old.protocol === forward.protocol)?.host;
    if (port === undefined || (await wasRefused(mac, forward, port))) return undefined;
    const step = (port - FIRST - startOf(urn, key) + COUNT) % COUNT;
    if (before.urn === urn && step < NEXT && (await isOthers(urn, forward, port))) return undefined;
    noteInRun(place(forward, port), urn);
    return port;
}

function startOf(urn: string, key: string): number {
    return parseInt(hashOf(`${urn} ${key}`, 8), 16) % COUNT;
}

async function choose({ urn, mac }: Owner, key: string, forward: OpenForward): Promise<number> {
    const start = startOf(urn, key);
    for (let step = 0; step < COUNT; step++) {
        const port = FIRST + ((start + step) % COUNT);
        const holder = held.get(place(forward, port));
        if (holder !== undefined && holder !== `${urn} ${key}`) continue;
        if ((await isOthers(urn, forward, port)) || (await wasRefused(mac, forward, port))) continue;
        // Where it is ours already, it is our own guest that listens.
        const ours = (await holderOf(place(forward, port))) === urn;
        if (ours || !(await isListenedOn(forward, port))) return hold(urn, key, forward, port);
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

const REFUSED = "refused";

/**
 * Note that the host of a guest could not listen on a port for its interface, since another program has it: the next check chooses
 * another one, if the program named none. Without the user's cache, it is tried again.
 */
export async function noteRefused(mac: string, forward: Forward): Promise<void> {
    await noteHolder(refusal(mac, forward, forward.host), REFUSED);
}

async function wasRefused(mac: string, forward: OpenForward, port: number): Promise<boolean> {
    return (await holderOf(refusal(mac, forward, port))) === REFUSED;
}

function refusal(mac: string, forward: OpenForward, port: number): string {
    return `${place(forward, port)} for ${mac}`;
}

function place({ address, protocol }: Pick<OpenForward, "address" | "protocol">, port: number): string {
    return `${address}:${port}/${protocol}`;
}

/** Return the host's ports that an interface has. */
export function placesOf(attach: unknown): string[] {
    const forwards: unknown = Object(Object(attach).user).forward;
    return Array.isArray(forwards)
        ? (forwards as OpenForward[]).flatMap((forward) =>
              typeof forward.host === "number" ? [place(forward, forward.host)] : [],
          )
        : [];
}
