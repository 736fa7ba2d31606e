import * as pulumi from "@pulumi/pulumi";
import type { Attach, Protocol } from "../model/declared";
import { HandledResource, hiddenPaths, isOfKind } from "../provider";

/** A port of the host that leads to a port of the guest. */
export interface ForwardArgs {
    /**
     * Host port, 1–65535.
     * @default a port from 20000 to 32767 that follows from the interface's URN and stays with it
     */
    host?: pulumi.Input<number>;
    /** Guest port, 1–65535. */
    guest: pulumi.Input<number>;
    /** Host address that listens. `"0.0.0.0"` opens the port to every network of the host. @default "127.0.0.1" */
    address?: pulumi.Input<string>;
    /** @default "tcp" */
    protocol?: pulumi.Input<Protocol>;
}

/** QEMU's own network, which needs no rights. */
export interface UserNetworkArgs {
    /** Ports of the host that lead to the guest. @default [] */
    forward?: pulumi.Input<pulumi.Input<ForwardArgs>[]>;
}

/** Where the interface is plugged in. Exactly one of the four. */
export interface AttachArgs {
    /** QEMU's own user network: no rights and no bridge needed; the guest is reached through forwarded ports. */
    user?: pulumi.Input<UserNetworkArgs>;
    /** Name of a libvirt network on the unikernel's host. */
    network?: pulumi.Input<string>;
    /** Name of a bridge on the unikernel's host. */
    bridge?: pulumi.Input<string>;
    /** Name of a tap device on the unikernel's host that exists already. */
    tap?: pulumi.Input<string>;
}

/** An address that the guest configures itself. */
export interface Ipv4AddressArgs {
    /** CIDR notation: `"10.0.0.2/24"`. */
    address: pulumi.Input<string>;
    /** Inside of the address's network. @default none */
    gateway?: pulumi.Input<string>;
    /**
     * A DNS label, 1–63 of `a-z 0-9 -`, a letter first; only with `attach: { network }`. The network's DNS answers for it, alone and
     * with the network's domain. Changed: live. @default none
     */
    name?: pulumi.Input<string>;
}

/** An address that the libvirt network's DHCP keeps for the guest. */
export interface Ipv4ReservationArgs {
    /** The unikernel reserves this address for the MAC; only with `attach: { network }`. */
    reserve: pulumi.Input<string>;
    /**
     * A DNS label, 1–63 of `a-z 0-9 -`, a letter first. The network's DNS answers for it, alone and with the network's
     * domain, while the guest has its lease. Changed: live. @default none
     */
    name?: pulumi.Input<string>;
}

/** `"dhcp"`; an address that the guest configures itself; or DHCP with a reservation on a libvirt network. */
export type Ipv4Args = "dhcp" | Ipv4AddressArgs | Ipv4ReservationArgs;

/** An address that the guest configures itself. */
export interface Ipv6Args {
    /** CIDR notation: `"fd00::2/64"`. */
    address: pulumi.Input<string>;
    /** Inside of the address's network, or link-local (`fe80::/10`). @default none */
    gateway?: pulumi.Input<string>;
    /** As that of an IPv4 address, and possibly the same name. @default none */
    name?: pulumi.Input<string>;
}

export interface NetworkInterfaceArgs {
    /**
     * Where the interface is plugged in.
     * Changed: the unikernel restarts, or keeps running where libvirt can move the source.
     * @default { user: {} }: QEMU's own network without forwarded ports; on a medium, the machine's own card
     * @example { user: { forward: [{ host: 8080, guest: 80 }] } }
     * @example { network: "default" }
     */
    attach?: pulumi.Input<AttachArgs>;
    /**
     * Unicast, six bytes in hexadecimal with colons.
     * Changed: the unikernel restarts.
     * @default 52:54:00 (QEMU's prefix) and 24 bits that follow from the interface's URN, and stay with it
     */
    mac?: pulumi.Input<string>;
    /**
     * Base name of the interface inside the guest: `vioif`, `xenif`, `wm`.
     * Changed: the unikernel restarts.
     * @default what the guest's ABI calls a virtio (Xen: paravirtual) interface
     */
    driver?: pulumi.Input<string>;
    /**
     * How the guest gets its IPv4 address.
     * Changed: the unikernel restarts; a reservation is moved in place.
     * @default "dhcp", unless `ipv6` is given: then none
     */
    ipv4?: pulumi.Input<Ipv4Args>;
    /** A static IPv6 address. Changed: the unikernel restarts; `name` changes in place. @default none */
    ipv6?: pulumi.Input<Ipv6Args>;
}

/**
 * The unikernel of each interface. Not a private field: with one, the compiler refuses the class of another copy of this
 * package.
 */
const users = new WeakMap<NetworkInterface, string>();

/**
 * A network interface of one unikernel: a declaration that keeps a stable MAC address and touches no host.
 * The unikernel that uses it plugs it in, with its own connection.
 *
 * @example
 * const web0 = new NetworkInterface("web0", { attach: { user: { forward: [{ host: 8080, guest: 80 }] } } });
 */
export class NetworkInterface extends HandledResource {
    /** Lower case, with colons. */
    declare readonly mac: pulumi.Output<string>;
    /** With every default filled in: the host ports among them. */
    declare readonly attach: pulumi.Output<Attach>;
    /** @internal The logical name. */
    readonly logicalName: string;
    /** @internal The arguments as written: in a preview an output that was left out is unknown, an argument is not. */
    readonly declared: Pick<NetworkInterfaceArgs, "driver" | "ipv4" | "ipv6">;

    /** Return whether a value is a NetworkInterface, of this copy of the package or of another one in the same program. */
    static override isInstance(value: unknown): value is NetworkInterface {
        return isOfKind(value, "networkInterface");
    }

    constructor(name: string, args: NetworkInterfaceArgs = {}, opts?: pulumi.CustomResourceOptions) {
        super("networkInterface", name, { mac: undefined, ...args, hidden: hiddenPaths({ ...args }) }, opts);
        this.logicalName = name;
        this.declared = { driver: args.driver, ipv4: args.ipv4, ipv6: args.ipv6 };
    }

    /**
     * @internal Connect it to a unikernel; a second unikernel is an error, because one interface is one network card.
     */
    plugInto(unikernel: string, path: string): void {
        const user = users.get(this);
        if (user !== undefined) {
            throw new pulumi.RunError(
                `${path}: this NetworkInterface is already in the unikernel "${user}"; declare one for each.`,
            );
        }
        users.set(this, unikernel);
    }
}
