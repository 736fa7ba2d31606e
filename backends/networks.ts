import { type NetworkDrift, type NetworkSpec, type Problem, UnikernelError } from "../model";
import type { Creator } from "./hostReports";

/** Return the error of a connection to a session, which has no networks. */
export function sessionRefused(): UnikernelError {
    return new UnikernelError(
        "unsupported",
        "a session has no networks: libvirt makes bridges and runs dnsmasq as root only",
        {
            property: "connection",
            hint: "use qemu:///system, or attach: { user: {} } of a NetworkInterface, which needs no network",
        },
    );
}

/** Identifies a network and the host that it is on. */
export type NetworkRef = Pick<NetworkSpec, "connection" | "uuid" | "name" | "urn"> & { host?: string };

/** A declaration that was applied, with what state keeps beside it. */
export interface AppliedNetwork extends NetworkSpec {
    host?: string;
    incarnation?: string;
    imported?: { urn?: string };
}

export interface NetworkContext {
    creator: Creator;
    log(message: string): void;
    signal?: AbortSignal;
    /** State already has the network that is created. */
    inState?: boolean;
}

/** A network as its host has it. */
export interface SeenNetwork {
    host: string;
    bridge: string;
    /** Declared values that the host has otherwise. */
    drift: NetworkDrift;
    /** It does not run, or a change of it was interrupted. */
    unfinished: boolean;
    incarnation?: string;
}

/** What a check learns from the host; undefined in place of all of it where the host cannot be asked. */
export interface NetworkLook {
    host: string;
    /** A session has no networks. */
    session: boolean;
    /** The host's network of the name that was asked for. */
    named?: { uuid: string; urn?: string };
    problems: Problem[];
}

/** What a restart of a network means for the guests that run on it. */
export interface CutOff {
    /** Names of the guests that lose their link until the network runs again. */
    guests: string[];
    /** Those of them that cannot be plugged in again while they run. */
    stuck: string[];
    /** DHCP entries of guests and other programs that the new ranges do not have. */
    outside: { address: string; mac?: string }[];
}

/** A network that is not in state, as arguments. */
export interface FoundNetwork
    extends Pick<
        NetworkSpec,
        "uuid" | "name" | "mode" | "bridge" | "ipv4" | "ipv6" | "domain" | "forwarders" | "hosts" | "mtu" | "autostart"
    > {
    host: string;
    /** The one that libvirt makes is an output only. */
    bridgeSeen: string;
    imported: { urn?: string };
}

/**
 * Networks on libvirt hosts. Every method that changes something is idempotent: when it runs again after a kill at any
 * point, it ends in the state of an uninterrupted run. An unreachable host is the error `unreachable`, never "gone".
 */
export interface HostNetworks {
    /** Ask the host what a check needs. Changes nothing. */
    look(spec: Pick<NetworkSpec, "connection" | "name" | "uuid" | "urn" | "ipv4" | "ipv6">): Promise<NetworkLook>;
    /** Return what a restart of the network would mean now. Changes nothing. */
    cutOff(ref: NetworkRef, wanted: Pick<NetworkSpec, "ipv4" | "ipv6">, from: AppliedNetwork): Promise<CutOff>;
    /** Return the present state; undefined where the host has no such network. */
    observe(applied: AppliedNetwork): Promise<SeenNetwork | undefined>;
    create(spec: NetworkSpec, context: NetworkContext): Promise<SeenNetwork>;
    update(spec: NetworkSpec, from: AppliedNetwork, context: NetworkContext): Promise<SeenNetwork>;
    delete(applied: AppliedNetwork, context: NetworkContext): Promise<void>;
    /** Return a network by its uuid or name, whichever program made it. Throws `unsupported` for what no argument says. */
    importNetwork(connection: string, target: { uuid?: string; name?: string }): Promise<FoundNetwork | undefined>;
}
