import { isIPv4 } from "node:net";

import { hasCode, UnikernelError, type UnikernelSpec } from "../../../spec";
import type { Host } from "../host";
import type { DomainFacts, NetworkFacts, ReservationModel } from "../model";
import { readNetwork, renderReservation } from "../xml";

/** An address that a libvirt network shall give to one of our interfaces. The entry of our MAC is ours. */
export interface Reservation extends ReservationModel {
    network: string;
    /** Property path of the address. */
    property: string;
}

export function reservationsOf(spec: UnikernelSpec): Reservation[] {
    return spec.interfaces.flatMap(({ attach, ipv4, mac }, index) => {
        if (!("network" in attach) || typeof ipv4 !== "object" || !("reserve" in ipv4)) return [];
        return [{ network: attach.network, mac, address: ipv4.reserve, property: `interfaces[${index}].ipv4.reserve` }];
    });
}

/** Where a guest may have reservations: by what its definition says of its interfaces. */
export function placesOf(facts: DomainFacts | undefined): Place[] {
    return (facts?.interfaces ?? []).flatMap(({ mac, kind, source }) => (kind === "network" && source ? [{ mac, network: source }] : []));
}

export interface Place { mac: string; network: string }

/**
 * Makes reservations. Throws `in-use` with the property path when a stranger has the address.
 * @returns what undoes it, newest first
 */
export async function reserve(host: Host, wanted: Reservation[]): Promise<(() => Promise<void>)[]> {
    const undo: (() => Promise<void>)[] = [];
    for (const [name, entries] of byNetwork(wanted)) {
        const network = await factsOf(host, name, entries[0]!.property);
        for (const entry of entries) {
            try {
                const inverse = await reserveOne(host, network, entry);
                if (inverse) undo.unshift(inverse);
            } catch (error) {
                for (const step of undo) await step();
                throw error;
            }
        }
    }
    return undo;
}

async function reserveOne(host: Host, network: NetworkFacts, entry: Reservation): Promise<(() => Promise<void>) | undefined> {
    const { property, mac, address } = entry;
    const holder = network.reservations.find((other) => other.address === address && other.mac?.toLowerCase() !== mac);
    if (holder) {
        throw new UnikernelError("in-use", `network ${network.name} reserves ${address} for ${holder.mac ?? holder.name ?? "another guest"}`,
            { property, hint: "choose another address" });
    }
    if (!network.subnets.some((subnet) => subnet.family === "ipv4" && inSubnet(address, subnet))) {
        const subnets = network.subnets.map((subnet) => `${subnet.address}/${subnet.prefix}`).join(", ") || "no subnet";
        throw new UnikernelError("invalid", `${address} is not in network ${network.name}, which has ${subnets}`, { property });
    }
    if (!network.dhcp) {
        throw new UnikernelError("unsupported", `network ${network.name} gives no addresses: it has no DHCP`, { property, hint: "set ipv4: { address }" });
    }
    const before = network.reservations.find((other) => other.mac?.toLowerCase() === mac);
    if (before?.address === address) return undefined;
    if (before) await host.networks.updateReservation(network.name, "delete", renderReservation({ mac, address: before.address, name: before.name }));
    await host.networks.updateReservation(network.name, "add-last", renderReservation({ mac, address }));
    return async () => {
        await host.networks.updateReservation(network.name, "delete", renderReservation({ mac, address }));
        if (before) await host.networks.updateReservation(network.name, "add-last", renderReservation({ mac, address: before.address, name: before.name }));
    };
}

/** Removes every entry of these MACs that is not wanted. A network that is gone has none. */
export async function release(host: Host, places: Place[], wanted: Reservation[] = []): Promise<void> {
    for (const [name, entries] of byNetwork(places)) {
        const record = await host.networks.get(name);
        const macs = new Set(entries.map(({ mac }) => mac.toLowerCase()));
        for (const { mac, address, name: hostname } of record ? readNetwork(record.xml).reservations : []) {
            if (!mac || !macs.has(mac.toLowerCase())) continue;
            if (wanted.some((entry) => entry.network === name && entry.mac === mac.toLowerCase())) continue;
            await host.networks.updateReservation(name, "delete", renderReservation({ mac, address, name: hostname }));
        }
    }
}

function byNetwork<T extends { network: string }>(entries: T[]): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const entry of entries) groups.set(entry.network, [...(groups.get(entry.network) ?? []), entry]);
    return groups;
}

async function factsOf(host: Host, name: string, property: string): Promise<NetworkFacts> {
    const record = await host.networks.get(name).catch((error: unknown) => {
        if (hasCode(error, "not-found")) return undefined;
        throw error;
    });
    if (record) return readNetwork(record.xml);
    throw missingNetwork(name, property.replace(/ipv4\.reserve$/, "attach.network"));
}

export function missingNetwork(name: string, property: string): UnikernelError {
    return new UnikernelError("not-found", `there is no network ${name} on the host`, { property, hint: "virsh net-list --all shows those that there are" });
}

function inSubnet(address: string, subnet: { address: string; prefix: number }): boolean {
    if (!isIPv4(address) || !isIPv4(subnet.address)) return false;
    const mask = subnet.prefix === 0 ? 0 : (~0 << (32 - subnet.prefix)) >>> 0;
    return (number(address) & mask) >>> 0 === (number(subnet.address) & mask) >>> 0;
}

const number = (address: string): number => address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
