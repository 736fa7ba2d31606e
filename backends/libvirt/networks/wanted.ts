import { createHash } from "node:crypto";
import type { NetworkHost, NetworkSpec, NetworkSubnet } from "../../../model";
import type { DefinedSubnet, DhcpEntry, DnsRecord, NetworkDefinition, NetworkMark } from "../networkModel";
import type { Own } from "../xml/networks";

type Declared = Pick<
    NetworkSpec,
    "name" | "uuid" | "mode" | "bridge" | "ipv4" | "ipv6" | "domain" | "forwarders" | "hosts" | "mtu"
>;

/**
 * Return the definition of a declared network.
 * @param present the one on the host: the bridge that libvirt makes keeps its name and its MAC address, which guests
 * remember
 */
export function definitionOf(spec: Declared, mark?: NetworkMark, present?: NetworkDefinition): NetworkDefinition {
    const { name, uuid, mode, domain, forwarders, mtu } = spec;
    const made = present && present.mode !== "bridge" ? present.bridge : undefined;
    const { entries, records } = entriesOf(spec.hosts);
    return {
        name,
        uuid,
        mode,
        bridge: mode === "bridge" ? spec.bridge : (made ?? bridgeName(uuid)),
        ...(mode === "bridge" ? {} : { mac: present?.mac ?? macOf(uuid) }),
        ...(mtu === undefined ? {} : { mtu }),
        ...(domain === undefined ? {} : { domain }),
        forwarders,
        subnets: [...subnetOf(spec.ipv4, "ipv4", entries), ...subnetOf(spec.ipv6, "ipv6", [])],
        records,
        ...(mark === undefined ? {} : { mark }),
    };
}

/** Return the DHCP entries and the DNS records of declared hosts. */
export function entriesOf(hosts: NetworkHost[]): Own {
    const records = new Map<string, string[]>();
    for (const { address, name } of hosts) records.set(address, [...(records.get(address) ?? []), name]);
    return {
        entries: hosts.flatMap(({ address, name, mac }): DhcpEntry[] =>
            mac === undefined ? [] : [{ address, mac, name }],
        ),
        records: [...records].map(([address, names]): DnsRecord => ({ address, names })),
    };
}

function subnetOf(
    declared: NetworkSubnet | undefined,
    family: DefinedSubnet["family"],
    entries: DhcpEntry[],
): DefinedSubnet[] {
    if (!declared) return [];
    const [address = "", prefix = ""] = declared.address.split("/");
    return [{ family, address, prefix: Number(prefix), ranges: declared.dhcp ? [declared.dhcp] : [], entries }];
}

/** Linux: the name of a device has at most 15 characters (linux/if.h, IFNAMSIZ). */
const bridgeName = (uuid: string): string => `vn${uuid.replaceAll("-", "").slice(0, 10)}`;

function macOf(uuid: string): string {
    const digits = createHash("sha256").update(uuid).digest("hex").slice(0, 6);
    return `52:54:00:${digits.match(/../g)?.join(":")}`;
}

/** Return what a definition declares, as arguments. @param own the entries that are the declaration's; left out: all */
export function declarationOf(
    found: NetworkDefinition,
    own?: NetworkHost[],
): Pick<NetworkSpec, "ipv4" | "ipv6" | "domain" | "forwarders" | "hosts" | "mtu"> & { mode: string; bridge: string } {
    const subnet = (family: DefinedSubnet["family"]): NetworkSubnet | undefined => {
        const first = found.subnets.find((one) => one.family === family);
        return (
            first && {
                address: `${first.address}/${first.prefix}`,
                ...(first.ranges[0] ? { dhcp: first.ranges[0] } : {}),
            }
        );
    };
    const [ipv4, ipv6] = [subnet("ipv4"), subnet("ipv6")];
    return {
        mode: found.mode,
        bridge: found.bridge ?? "",
        ...(ipv4 ? { ipv4 } : {}),
        ...(ipv6 ? { ipv6 } : {}),
        ...(found.domain === undefined ? {} : { domain: found.domain }),
        forwarders: found.forwarders.map(({ address = "", domain }) => ({
            address,
            ...(domain === undefined ? {} : { domain }),
        })),
        hosts: hostsIn(found, own),
        ...(found.mtu === undefined ? {} : { mtu: found.mtu }),
    };
}

function hostsIn({ records, subnets }: NetworkDefinition, own?: NetworkHost[]): NetworkHost[] {
    const entries = subnets.flatMap((one) => one.entries);
    const macOfHost = (address: string, name: string): string | undefined =>
        entries.find((entry) => entry.address === address && entry.name === name)?.mac;
    const all = records.flatMap(({ address, names }) =>
        names.map((name): NetworkHost => {
            const mac = macOfHost(address, name);
            return { name, address, ...(mac === undefined ? {} : { mac }) };
        }),
    );
    if (!own) return all;
    // In the order of the declaration, so that equal sets are equal values.
    return own.flatMap((host) => all.filter(({ name, address }) => name === host.name && address === host.address));
}
