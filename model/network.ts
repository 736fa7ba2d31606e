/** What a forwarded port speaks. */
export type Protocol = "tcp" | "udp";

/** A port of the host that leads to a port of the guest. */
export interface Forward {
    /** Host port, 1–65535. */
    host: number;
    /** Guest port, 1–65535. */
    guest: number;
    /** Host address that listens. Never all interfaces unless written. @default "127.0.0.1" */
    address: string;
    /** @default "tcp" */
    protocol: Protocol;
}

/** QEMU's own network, which needs no rights. */
export interface UserNetwork {
    /** Ports of the host that lead to the guest. */
    forward: Forward[];
}

/** Where an interface is plugged in: exactly one of the four. */
export type Attach =
    | {
          /** QEMU's own network. */
          user: UserNetwork;
      }
    | {
          /** Name of a libvirt network. */
          network: string;
      }
    | {
          /** Name of a bridge. */
          bridge: string;
      }
    | {
          /** Name of a tap device. */
          tap: string;
      };

export type AttachKind = "user" | "network" | "bridge" | "tap";

export type Ipv4 =
    | "dhcp"
    | OwnAddress
    /** DHCP, with this address reserved for the MAC on a libvirt network. */
    | { reserve: string; name?: string };

/** An address that is configured in the guest, in CIDR notation, with its name in the DNS of a libvirt network. */
export type OwnAddress = { address: string; gateway?: string; name?: string };

export type Ipv6 = OwnAddress;

/** Return the IPv4 address that a guest configures itself; undefined where it has none, or asks for one by DHCP. */
export function ownAddress(ipv4: Ipv4 | undefined): OwnAddress | undefined {
    return typeof ipv4 === "object" && "address" in ipv4 ? ipv4 : undefined;
}

// libvirt (conf/network_conf.c) takes a DHCP host's name that begins with a letter; dnsmasq answers for one label and the network's domain.
const DNS_LABEL = /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Return whether a text can be the name of a guest in the DNS of a libvirt network. */
export function isDnsLabel(text: string): boolean {
    return DNS_LABEL.test(text);
}

/** A checked NetworkInterface, as a unikernel gets it. */
export interface InterfaceSpec {
    /** Lower case, colon separated. */
    mac: string;
    attach: Attach;
    /** The guest's interface base name (`vioif`, `xenif`, `wm`); left out, the guest ABI decides. */
    driver?: string;
    ipv4?: Ipv4;
    ipv6?: Ipv6;
}

export function attachKind(attach: Attach): AttachKind {
    if ("user" in attach) return "user";
    if ("network" in attach) return "network";
    return "bridge" in attach ? "bridge" : "tap";
}

/** Return the forwarded ports of an interface on QEMU's own network; none for another. */
export function forwardsOf(attach: Attach): Forward[] {
    return "user" in attach ? attach.user.forward : [];
}
