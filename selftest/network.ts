import type { Host } from "../backends";
import { readNetwork } from "../backends/inspection";
import { hasCode } from "../model";

/** An address that a network can reserve for a guest. */
export interface FreeAddress {
    network: string;
    address: string;
}

/** Shortest prefix of a subnet that is searched address by address. */
const LARGEST = 16;

/**
 * Return free addresses of an active network with DHCP; none where the host has no such network with `count` free ones.
 * The highest come first, because leases are given from the lowest up.
 */
export async function freeAddresses(host: Host, count: number): Promise<FreeAddress[]> {
    for (const { name, active, xml } of await networksOf(host)) {
        if (!active) continue;
        const { subnets, reservations } = readNetwork(xml);
        const subnet = subnets.find(
            ({ family, dhcp, prefix }) => family === "ipv4" && dhcp && prefix >= LARGEST && prefix <= 29,
        );
        if (!subnet) continue;
        const taken = new Set(
            [...subnets, ...reservations, ...(await host.networks.leases(name))].map(({ address }) => address),
        );
        const free = addressesOf(subnet)
            .filter((address) => !taken.has(address))
            .slice(0, count);
        if (free.length === count) return free.map((address) => ({ network: name, address }));
    }
    return [];
}

/** Return no networks where the driver does not support them. */
async function networksOf(host: Host): ReturnType<Host["networks"]["list"]> {
    try {
        return await host.networks.list();
    } catch (error) {
        if (hasCode(error, "unsupported")) return [];
        throw error;
    }
}

/** Return the addresses of a subnet that guests can use, the highest first. */
function addressesOf({ address, prefix }: { address: string; prefix: number }): string[] {
    const size = 2 ** (32 - prefix);
    const own = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
    const first = own - (own % size);
    return Array.from({ length: size - 2 }, (_, index) => first + size - 2 - index).map((number) =>
        [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join("."),
    );
}
