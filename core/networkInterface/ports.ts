import { hashOf } from "../identity";
import type { Forward } from "../../spec";

/** Below Linux's ephemeral range (net.ipv4.ip_local_port_range begins at 32768), above what services use. */
const FIRST = 20_000;
const COUNT = 12_768;

type OpenForward = Omit<Forward, "host"> & { host?: number };

/** Who holds which port in this program: `address:port/protocol` → the forward. */
const held = new Map<string, string>();

/**
 * Gives each forward that names no host port one: the port from before for the same guest port, else one from the URN
 * and the guest port, the next where another forward of this program has it.
 */
export function withPorts(urn: string, forwards: OpenForward[], before: OpenForward[]): Forward[] {
    return forwards.map((forward) => {
        const key = `${forward.guest}/${forward.protocol} ${forward.address}`;
        const kept = forward.host ?? before.find((old) => old.guest === forward.guest && old.protocol === forward.protocol)?.host;
        return { ...forward, host: kept === undefined ? choose(urn, key, forward) : hold(urn, key, forward, kept) };
    });
}

function choose(urn: string, key: string, forward: OpenForward): number {
    const start = parseInt(hashOf(`${urn} ${key}`, 8), 16);
    for (let step = 0; step < COUNT; step++) {
        const port = FIRST + ((start + step) % COUNT);
        const holder = held.get(place(forward, port));
        if (holder === undefined || holder === `${urn} ${key}`) return hold(urn, key, forward, port);
    }
    return FIRST + (start % COUNT);
}

function hold(urn: string, key: string, forward: OpenForward, port: number): number {
    held.set(place(forward, port), `${urn} ${key}`);
    return port;
}

function place({ address, protocol }: OpenForward, port: number): string {
    return `${address}:${port}/${protocol}`;
}
