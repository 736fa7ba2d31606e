import { hypervisorOf } from "../devices";
import type { DomainRecord, Host } from "../host";
import type { NetworkDefinition } from "../networkModel";
import { type Port, readPorts } from "../xml/networks";

/** A guest with interfaces on a network, or on its bridge. */
export interface Guest {
    uuid: string;
    name: string;
    active: boolean;
    ports: Port[];
    /** All of its ports can be plugged in elsewhere while it runs. */
    moves: boolean;
}

interface Place {
    name: string;
    /** The bridge that libvirt makes for the network: a guest may be on it without the network. */
    bridge?: string;
}

/** Return the bridge that goes with the network; undefined for one of the host's. */
export function madeBridge({ mode, bridge }: Pick<NetworkDefinition, "mode" | "bridge">): string | undefined {
    return mode === "bridge" ? undefined : bridge;
}

/** Return the guests that run on a network, of whichever program. */
export async function runningGuests(host: Host, place: Place): Promise<Guest[]> {
    return (await guestsOf(host, place, ({ liveXml }) => [liveXml])).filter(({ active }) => active);
}

/** Return all guests that are on a network, or are to be at their next start. */
export function allGuests(host: Host, place: Place): Promise<Guest[]> {
    return guestsOf(host, place, ({ liveXml, inactiveXml }) => [liveXml, inactiveXml]);
}

async function guestsOf(
    host: Host,
    { name, bridge }: Place,
    definitions: (domain: DomainRecord) => (string | undefined)[],
): Promise<Guest[]> {
    // Not by `getTogether`: what is found here decides whether a network is stopped or removed.
    const domains = await Promise.all((await host.domains.list()).map(({ uuid }) => host.domains.get(uuid)));
    const guests = domains.flatMap((domain): Guest[] => {
        if (!domain) return [];
        const read = definitions(domain).flatMap((xml) => (xml === undefined ? [] : [readPorts(xml)]));
        const ports = read.flatMap((one) =>
            one.ports.filter(({ kind, source }) => (kind === "network" ? source === name : source === bridge)),
        );
        if (ports.length === 0) return [];
        const moves = read.every(({ type }) => hypervisorOf({ type }).movesInterfaces);
        return [
            {
                uuid: domain.uuid,
                name: domain.name,
                active: domain.active,
                ports,
                moves: moves && ports.every(({ kind }) => kind === "network"),
            },
        ];
    });
    return guests.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Return the names of guests for a message. */
export function namesOf(guests: { name: string }[]): string {
    return guests.map(({ name }) => name).join(", ");
}
