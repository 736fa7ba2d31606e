import { isDeepStrictEqual } from "node:util";
import type { NetworkChange } from "../host";
import type { DefinedSubnet, DhcpEntry, DnsRecord, NetworkDefinition } from "../networkModel";
import { isOwnEntry, type Own, renderEntry, renderRange, renderRecord } from "../xml/networks";

/**
 * Return the changes that make a running network as wanted, in their order; undefined where it has to restart. libvirt
 * 9.0 changes DHCP entries and ranges and DNS records of a running network, and adds and deletes them only
 * (virNetworkDefUpdateSection, network_conf.c).
 * @param own the entries that were declared before or are now: all others stay
 */
export function liveChanges(
    running: NetworkDefinition,
    wanted: NetworkDefinition,
    own: Own,
): NetworkChange[] | undefined {
    if (!isDeepStrictEqual(fixedPart(running), fixedPart(wanted))) return undefined;
    const records = recordChanges(running.records, wanted.records, own.records);
    // The first <ip> of each family is declared.
    const dhcp = FAMILIES.flatMap((family) => {
        const parent = running.subnets.findIndex((one) => one.family === family);
        const [before, after] = [running.subnets[parent], wanted.subnets.find((one) => one.family === family)];
        return before && after ? dhcpChanges(before, after, own.entries, parent) : [];
    });
    // What is deleted first makes room for what is added.
    return [...records, ...dhcp].sort((one, other) => rank(one) - rank(other));
}

const FAMILIES = ["ipv4", "ipv6"] as const;
const rank = ({ command }: NetworkChange): number => (command === "delete" ? 0 : 1);

/** Everything that a running network keeps until it restarts. */
function fixedPart({ mode, bridge, mtu, domain, forwarders, subnets }: NetworkDefinition): unknown {
    const first = (family: DefinedSubnet["family"]) => subnets.find((one) => one.family === family);
    const place = (one?: DefinedSubnet) => (one ? [one.address, one.prefix] : null);
    const over = mode === "bridge";
    return [
        mode,
        bridge ?? null,
        over ? null : (mtu ?? null),
        domain ?? null,
        forwarders,
        place(first("ipv4")),
        place(first("ipv6")),
    ];
}

/**
 * A record clashes with one of the same address alone: a name may have several (libvirt 9.0, virNetworkDefUpdateDNSHost). A
 * delete has no name, since it would match each record of it.
 */
function recordChanges(running: DnsRecord[], wanted: DnsRecord[], own: DnsRecord[]): NetworkChange[] {
    const isOwn = ({ address }: DnsRecord): boolean => own.some((one) => one.address === address);
    const isWanted = (one: DnsRecord): boolean => wanted.some((other) => isSameRecord(one, other));
    const former = running.filter((one) => isOwn(one) && !isWanted(one));
    const added = wanted.filter((one) => !running.some((other) => isSameRecord(one, other)));
    const section = "dns-host";
    return [
        ...former.map(
            ({ address }): NetworkChange => ({ command: "delete", section, xml: renderRecord({ address, names: [] }) }),
        ),
        ...added.map((one): NetworkChange => ({ command: "add-last", section, xml: renderRecord(one) })),
    ];
}

function isSameRecord(one: DnsRecord, other: DnsRecord): boolean {
    return one.address === other.address && isDeepStrictEqual([...one.names].sort(), [...other.names].sort());
}

function dhcpChanges(running: DefinedSubnet, wanted: DefinedSubnet, own: DhcpEntry[], parent: number): NetworkChange[] {
    const change = (
        command: NetworkChange["command"],
        section: NetworkChange["section"],
        xml: string,
    ): NetworkChange => ({ command, section, parent, xml });
    const has = <T>(list: T[], one: T): boolean => list.some((other) => isDeepStrictEqual(one, other));
    return [
        ...running.entries
            .filter((one) => isOwnEntry(own, one) && !has(wanted.entries, one))
            .map((one) => change("delete", "dhcp-host", renderEntry(one))),
        ...running.ranges
            .filter((one) => !has(wanted.ranges, one))
            .map((one) => change("delete", "dhcp-range", renderRange(one))),
        ...wanted.ranges
            .filter((one) => !has(running.ranges, one))
            .map((one) => change("add-last", "dhcp-range", renderRange(one))),
        ...wanted.entries
            .filter((one) => !has(running.entries, one))
            .map((one) => change("add-last", "dhcp-host", renderEntry(one))),
    ];
}

/** Return whether two definitions say the same, in whatever order. */
export function isSameDefinition(one: NetworkDefinition, other: NetworkDefinition): boolean {
    return isDeepStrictEqual(inOrder(one), inOrder(other));
}

function inOrder(network: NetworkDefinition): NetworkDefinition {
    const sorted = <T>(list: T[]): T[] =>
        [...list].sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
    return {
        ...network,
        records: sorted(network.records),
        subnets: network.subnets.map((one) => ({ ...one, ranges: sorted(one.ranges), entries: sorted(one.entries) })),
    };
}
