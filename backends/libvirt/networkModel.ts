import type { AddressRange, NetworkForwarder, NetworkHost } from "../../model";
import type { Creator } from "../hostReports";

/** A DHCP entry: the interface with this MAC address, or the guest of this name, gets the address. */
export interface DhcpEntry {
    address: string;
    mac?: string;
    name?: string;
}

/** An `<ip>` element. */
export interface DefinedSubnet {
    family: "ipv4" | "ipv6";
    /** The host's own address. */
    address: string;
    prefix: number;
    ranges: AddressRange[];
    entries: DhcpEntry[];
}

/** A DNS record: an address with all of its names. */
export interface DnsRecord {
    address: string;
    names: string[];
}

/** Our element in a network's `<metadata>`. */
export interface NetworkMark {
    urn: string;
    creator: Creator;
    phase: "creating" | "ready";
    /** The adoption that made it ours; state with another value, or none, is from before. */
    incarnation?: string;
    /** The names and addresses that were declared: all other entries are another's. */
    hosts: NetworkHost[];
    /** The network whose guests are here while it restarts. */
    standsFor?: string;
}

/** A network's definition as plain data, as far as it can be declared. */
export interface NetworkDefinition {
    name: string;
    uuid: string;
    /** `nat`, `route`, `bridge`, `isolated`, or another of libvirt's. */
    mode: string;
    bridge?: string;
    mac?: string;
    mtu?: number;
    domain?: string;
    forwarders: (Partial<NetworkForwarder> & { port?: string })[];
    subnets: DefinedSubnet[];
    records: DnsRecord[];
    mark?: NetworkMark;
}
