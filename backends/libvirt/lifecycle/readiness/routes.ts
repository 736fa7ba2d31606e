import { attachKind, type Problem, problemOf, UnikernelError, type UnikernelSpec } from "../../../../model";
import { isRemote, parseUri } from "../../client";
import type { Host, HostInfo } from "../../host";

/** The address and port by which this machine reaches a port of the guest. */
export interface Route {
    address: string;
    port: number;
    /** The hypervisor listens, and accepts a connection before the guest does. */
    forwarded: boolean;
}

/** Return the route; undefined while the guest's address is unknown. */
export type FindRoute = () => Promise<Route | undefined>;

/** The host at the end of the connection. */
interface ConnectionEnd {
    uri: string;
    local: boolean;
}

/** A route, as far as the declaration determines it. */
type DeclaredRoute =
    | { kind: "forward"; address: string; port: number; declared: string }
    | { kind: "fixed"; address: string }
    | { kind: "lease"; network: string; mac: string };

/** Return a function that finds the route to a port of the guest; undefined when no route can exist. */
export function routeTo(spec: UnikernelSpec, port: number, host: Host, info: HostInfo): FindRoute | undefined {
    const route = declaredRouteTo(spec, port, { uri: host.uri, local: info.local });
    if (route?.kind === "forward") return async () => ({ address: route.address, port: route.port, forwarded: true });
    if (route?.kind === "fixed") return async () => ({ address: route.address, port, forwarded: false });
    if (route?.kind !== "lease") return undefined;
    return async () => {
        const lease = (await host.networks.leases(route.network)).find(
            (one) => one.mac.toLowerCase() === route.mac && !one.address.includes(":"),
        );
        return lease && { address: lease.address, port, forwarded: false };
    };
}

function declaredRouteTo(spec: UnikernelSpec, port: number, end: ConnectionEnd): DeclaredRoute | undefined {
    for (const { attach } of spec.interfaces) {
        const forward =
            "user" in attach && attach.user.forward.find((one) => one.guest === port && one.protocol === "tcp");
        if (forward) {
            const address = reachable(forward.address, end);
            if (address) return { kind: "forward", address, port: forward.host, declared: forward.address };
        }
    }
    for (const { attach, ipv4, ipv6 } of spec.interfaces) {
        if ("user" in attach) continue;
        const fixed = typeof ipv4 === "object" ? ("reserve" in ipv4 ? ipv4.reserve : ipv4.address) : ipv6?.address;
        const address = fixed?.split("/")[0];
        if (address) return { kind: "fixed", address };
    }
    for (const { attach, mac } of spec.interfaces)
        if ("network" in attach) return { kind: "lease", network: attach.network, mac };
    return undefined;
}

const isAny = (address: string): boolean => address === "0.0.0.0" || address === "::" || address === "";
const isLoopback = (address: string): boolean =>
    address.startsWith("127.") || address === "::1" || address === "localhost";

/** Return the address by which a forward is reached from here; undefined for a loopback address of another machine. */
function reachable(address: string, { uri, local }: ConnectionEnd): string | undefined {
    if (local) return isAny(address) ? (address === "::" ? "::1" : "127.0.0.1") : address;
    if (isAny(address)) return hostOf(uri);
    return isLoopback(address) ? undefined : address;
}

function hostOf(uri: string): string {
    return (parseUri(uri).host ?? "").replace(/^\[(.*)\]$/, "$1");
}

const endOf = ({ connection }: UnikernelSpec): ConnectionEnd => ({ uri: connection, local: !isRemote(connection) });

/**
 * Return the problem of a readiness port without a route: the host does not know the address of a guest on a bridge or
 * a tap device with DHCP.
 */
export function routeProblems(spec: UnikernelSpec): Problem[] {
    const port = portOf(spec.readiness);
    if (port === undefined || declaredRouteTo(spec, port, endOf(spec))) return [];
    return [problemOf("readiness", noRoute(spec, port))];
}

/**
 * Return the problem of a probe from here whose address identifies the guest only on its own host: in this machine's
 * network another machine may have that address, and would answer. A listener on the address in the connection's URI
 * certainly belongs to the host.
 */
export function remoteProbeProblems(spec: UnikernelSpec): Problem[] {
    const port = portOf(spec.readiness);
    const end = endOf(spec);
    const route = port === undefined || end.local ? undefined : declaredRouteTo(spec, port, end);
    if (!route) return [];
    const host = hostOf(end.uri);
    if (
        route.kind === "forward" &&
        (isAny(route.declared) || route.declared === host) &&
        host !== "" &&
        !isLoopback(host)
    )
        return [];
    const found = route.kind === "lease" ? `its lease on network ${route.network}` : route.address;
    const because =
        isLoopback(host) || host === ""
            ? "the connection leads through a tunnel, so its host's own address is not known"
            : `${found} is not the address of the host ${host}`;
    return [
        {
            property: "readiness",
            reason:
                `the guest is on another host, and the probe leaves from this machine, where another machine may answer for it: ${because}; ` +
                'use readiness.console, or a forward with address "0.0.0.0" on a host that the connection names',
        },
    ];
}

/** Return the guest's port that a readiness probes. */
export function portOf(readiness: UnikernelSpec["readiness"]): number | undefined {
    if (!readiness || "console" in readiness) return undefined;
    return "http" in readiness ? readiness.http.port : readiness.tcp.port;
}

export function noRoute(spec: UnikernelSpec, port: number): UnikernelError {
    const user = spec.interfaces.findIndex(({ attach }) => attachKind(attach) === "user");
    return new UnikernelError(
        "invalid",
        `port ${port} of the guest cannot be reached from here, so its readiness cannot be detected`,
        {
            property: "readiness",
            hint:
                user >= 0
                    ? `add { host: PORT, guest: ${port} } to interfaces[${user}].attach.user.forward, or use readiness.console`
                    : "give an interface an address that is known before the guest runs, or use readiness.console",
        },
    );
}
