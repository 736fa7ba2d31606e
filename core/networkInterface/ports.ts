import type { Forward } from "../../model";
import { hashOf } from "../identity";
import { noteInRun, noteOwner, ownerOf } from "../identityOwners";
import { isListenedOn } from "./listening";

/** Below Linux's ephemeral range (net.ipv4.ip_local_port_range begins at 32768), above what services use. */
const FIRST = 20_000;
const COUNT = 12_768;
/** Number of ports after the first one that may have been chosen because others were taken. */
const NEXT = 100;

type OpenForward = Omit<Forward, "host"> & { host?: number };

/** The interface, with its forwards in state. */
interface Owner {
    urn: string;
    mac: string;
    before: { urn?: string; forwards: OpenForward[] };
}

/** The holder of each port in this program: `address:port/protocol` → the forward. */
const held = new Map<string, string>();

/**
 * Give each forward without a host port one: the former port for the same guest port, else one derived from the URN and
 * the guest port. A derived port is skipped when a forward of this program, another stack of this user or a program on
 * this machine has it.
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
 * Return the port in state, unless it may not be kept. A port derived from this URN that moved to a renamed interface
 * no longer belongs to this one, even where state has it: both guests could not exist on one host. Neither may a port
 * be kept that the guest's host refused.
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
        const owner = held.get(place(forward, port));
        if (owner !== undefined && owner !== `${urn} ${key}`) continue;
        if ((await isOthers(urn, forward, port)) || (await wasRefused(mac, forward, port))) continue;
        // Where this resource already holds the port, the listener is its own guest.
        const ours = (await ownerOf(place(forward, port))) === urn;
        if (ours || !(await isListenedOn(forward, port))) return hold(urn, key, forward, port);
    }
    return FIRST + start;
}

function hold(urn: string, key: string, forward: OpenForward, port: number): number {
    held.set(place(forward, port), `${urn} ${key}`);
    return port;
}

async function isOthers(urn: string, forward: OpenForward, port: number): Promise<boolean> {
    const owner = await ownerOf(place(forward, port));
    return owner !== undefined && owner !== urn;
}

const REFUSED = "refused";

/**
 * Note that a guest's host could not listen on a port because another program has it. The next check chooses another
 * port, unless the program names this one. Without the user's cache, the same port is tried again.
 */
export async function noteRefused(mac: string, forward: Forward): Promise<void> {
    await noteOwner(refusal(mac, forward, forward.host), REFUSED);
}

async function wasRefused(mac: string, forward: OpenForward, port: number): Promise<boolean> {
    return (await ownerOf(refusal(mac, forward, port))) === REFUSED;
}

function refusal(mac: string, forward: OpenForward, port: number): string {
    return `${place(forward, port)} for ${mac}`;
}

function place({ address, protocol }: Pick<OpenForward, "address" | "protocol">, port: number): string {
    return `${address}:${port}/${protocol}`;
}

/** Return the host ports of an interface, as keys. */
export function placesOf(attach: unknown): string[] {
    const forwards: unknown = Object(Object(attach).user).forward;
    return Array.isArray(forwards)
        ? (forwards as OpenForward[]).flatMap((forward) =>
              typeof forward.host === "number" ? [place(forward, forward.host)] : [],
          )
        : [];
}
