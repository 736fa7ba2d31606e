import type * as pulumi from "@pulumi/pulumi";
import type { NetworkMode } from "../model/declared";
import { HandledResource, hiddenPaths, isOfKind } from "../provider";

/** Addresses from one to another, both included. */
export interface AddressRangeArgs {
    /** The first one. */
    start: pulumi.Input<string>;
    /** The last one. */
    end: pulumi.Input<string>;
}

/** Addresses of one family on a network. */
export interface NetworkSubnetArgs {
    /** The host's own address, which is the guests' gateway, in CIDR notation: `"10.20.0.1/24"`, `"fd00:20::1/64"`. */
    address: pulumi.Input<string>;
    /** The addresses that DHCP gives out. @default no DHCP */
    dhcp?: pulumi.Input<AddressRangeArgs>;
}

/** A DNS server to which the network's own one sends the names that it does not know. */
export interface NetworkForwarderArgs {
    /** The server's IPv4 or IPv6 address. */
    address: pulumi.Input<string>;
    /** Only names of this domain are sent there. @default all names */
    domain?: pulumi.Input<string>;
}

/** A name in the network's DNS. */
export interface NetworkHostArgs {
    /** DNS name. */
    name: pulumi.Input<string>;
    /** IPv4 or IPv6 address, of this network or another. */
    address: pulumi.Input<string>;
    /** DHCP gives the interface of this MAC address the address; IPv4. @default none */
    mac?: pulumi.Input<string>;
}

export interface NetworkArgs {
    /**
     * libvirt URI of the host: `qemu:///system`, `qemu+ssh://host/system`, `xen:///system`. A session has no networks.
     * Changed: replaced when it leads to another host; else nothing but the way there.
     * @default as a Unikernel on KVM; as root "qemu:///system"
     */
    connection?: pulumi.Input<string>;
    /**
     * Name on the host: 1–63 of `A-Z a-z 0-9 _ . -`. Changed: replaced.
     * @default the logical name, "-", and 7 hexadecimal digits of the URN's hash
     */
    name?: pulumi.Input<string>;
    /**
     * `nat`: guests reach what the host reaches, by its address. `route`: the host routes for them, by their own
     * addresses. `isolated`: they reach each other and the host. `bridge`: they are ports of a bridge that exists.
     * Changed: the network restarts.
     * @default "nat"
     */
    mode?: pulumi.Input<NetworkMode>;
    /**
     * `mode: "bridge"`: the bridge of the host, which exists. Changed: the network restarts.
     * Other modes: libvirt makes the bridge, and the output names it.
     * @default a name that follows from the URN
     */
    bridge?: pulumi.Input<string>;
    /**
     * The host's IPv4 address in the network, which is the guests' gateway, and the addresses of DHCP.
     * Changed: the network restarts; `dhcp` alone: in place.
     * @default none
     */
    ipv4?: pulumi.Input<NetworkSubnetArgs>;
    /**
     * The host's IPv6 address in the network, which is the guests' gateway, and the addresses of DHCP.
     * Changed: the network restarts; `dhcp` alone: in place.
     * @default none
     */
    ipv6?: pulumi.Input<NetworkSubnetArgs>;
    /**
     * DNS domain of the guests. Its names are never asked for outside. Changed: the network restarts.
     * @default none
     */
    domain?: pulumi.Input<string>;
    /**
     * DNS servers for the names that the network does not know, or for those of one domain.
     * Changed: the network restarts.
     * @default those of the host
     */
    forwarders?: pulumi.Input<pulumi.Input<NetworkForwarderArgs>[]>;
    /**
     * Names in the network's DNS; with a MAC address, DHCP also gives that interface the address (IPv4).
     * Changed: in place.
     * @default []
     */
    hosts?: pulumi.Input<pulumi.Input<NetworkHostArgs>[]>;
    /**
     * Bytes of the largest packet. Changed: the network restarts; guests have it from their next start.
     * @default the host's own, 1500
     */
    mtu?: pulumi.Input<number>;
    /** The network starts with its host. Changed: in place. @default true */
    autostart?: pulumi.Input<boolean>;
    /** Take over a network of this name that another program or stack made. @default false */
    adopt?: pulumi.Input<boolean>;
}

/**
 * A libvirt network on a host. Guests use its output `name`, so that Pulumi makes it before them and removes it after
 * them.
 *
 * `pulumi preview --diff` shows what an update will do in the input `consequence`: `live: …` (no interruption), or
 * `restart of the network: …` with the guests that lose their link until it runs again.
 *
 * @example
 * const lan = new Network("lan", { ipv4: { address: "10.20.0.1/24", dhcp: { start: "10.20.0.100", end: "10.20.0.200" } } });
 * const web0 = new NetworkInterface("web0", { attach: { network: lan.name } });
 */
export class Network extends HandledResource {
    /** The name on the host. */
    declare readonly name: pulumi.Output<string>;
    /** The uuid on the host: it follows from the URN, and stays. */
    declare readonly uuid: pulumi.Output<string>;
    /** libvirt URI. */
    declare readonly connection: pulumi.Output<string>;
    /** The bridge on the host. */
    declare readonly bridge: pulumi.Output<string>;
    /** What the last change meant for the network and its guests. */
    declare readonly consequence: pulumi.Output<string>;

    /** Return whether a value is a Network, of this copy of the package or of another one in the same program. */
    static override isInstance(value: unknown): value is Network {
        return isOfKind(value, "network");
    }

    constructor(name: string, args: NetworkArgs = {}, opts?: pulumi.CustomResourceOptions) {
        super(
            "network",
            name,
            {
                // Declares the outputs: each name here becomes a property of this object.
                name: undefined,
                uuid: undefined,
                connection: undefined,
                bridge: undefined,
                consequence: undefined,
                ...args,
                hidden: hiddenPaths({ ...args }),
            },
            opts,
        );
    }
}
