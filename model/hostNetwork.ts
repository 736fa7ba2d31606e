/** How a network's guests reach what is outside of it. */
export type NetworkMode = "nat" | "route" | "isolated" | "bridge";

/** Addresses from one to another, both included. */
export interface AddressRange {
    start: string;
    end: string;
}

/** Addresses of one family on a network. */
export interface NetworkSubnet {
    /** The host's own address, which is the guests' gateway, in CIDR notation. */
    address: string;
    /** The addresses that DHCP gives out. */
    dhcp?: AddressRange;
}

/** A DNS server to which a network's own one sends the names that it does not know. */
export interface NetworkForwarder {
    address: string;
    /** Only names of this domain are sent there. */
    domain?: string;
}

/** A name with its address, and with the interface that gets it. */
export interface NetworkHost {
    name: string;
    address: string;
    /** Lower case, with colons. */
    mac?: string;
}

/** A checked Network. */
export interface NetworkSpec {
    urn: string;
    uuid: string;
    name: string;
    connection: string;
    mode: NetworkMode;
    /** `mode: "bridge"`: the bridge that exists. Otherwise libvirt makes one. */
    bridge?: string;
    ipv4?: NetworkSubnet;
    ipv6?: NetworkSubnet;
    domain?: string;
    forwarders: NetworkForwarder[];
    hosts: NetworkHost[];
    mtu?: number;
    autostart: boolean;
    adopt: boolean;
}

/** What of a network can be found changed on its host. */
export type NetworkDrift = Partial<
    Pick<NetworkSpec, "mode" | "bridge" | "ipv4" | "ipv6" | "domain" | "forwarders" | "hosts" | "mtu" | "autostart">
>;
