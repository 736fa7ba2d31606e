import {
    attachKind,
    forwardsOf,
    type InterfaceSpec,
    type Problem,
    problemOf,
    UnikernelError,
    type UnikernelSpec,
    withoutPrefix,
} from "../../../../model";
import { leased } from "../../addresses";
import { isRemote, parseUri, sshLogin, sshUri } from "../../client";
import type { Host } from "../../host";
import type { Family } from "../../leases";
import { asks, recentLeases } from "../network/leases";

/** The address and port by which a port of the guest is reached. */
export interface Route {
    address: string;
    port: number;
    /** The hypervisor listens, and accepts a connection before the guest does. */
    forwarded: boolean;
}

/** Return the routes to the addresses of the guest that are known by now. */
export type FindRoutes = () => Promise<Route[]>;

/** The host at the end of the connection, and whether the route begins there. */
interface ConnectionEnd {
    uri: string;
    fromHost: boolean;
}

/** A guest, as far as routes to it are concerned. */
type Routed = Pick<UnikernelSpec, "connection" | "interfaces">;

/** A route, as far as the declaration determines it. */
type DeclaredRoute =
    | { kind: "forward"; address: string; port: number; declared: string }
    | { kind: "fixed"; address: string }
    | { kind: "lease"; network: string; nic: InterfaceSpec };

/**
 * Return a function that finds the routes to a port of the guest: its forwards, and its addresses of both families;
 * undefined when no route can exist.
 * @param fromHost the routes begin on the host; else on this machine
 */
export function routesTo(spec: Routed, port: number, host: Host, fromHost: boolean): FindRoutes | undefined {
    const declared = declaredRoutesTo(spec, port, { uri: host.uri, fromHost });
    if (declared.length === 0) return undefined;
    return async () => {
        const found = await Promise.allSettled(declared.map((one) => routesOf(one, port, host)));
        const routes = found.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
        // A network whose leases cannot be read must not hide the other addresses.
        const failed = found.find((one) => one.status === "rejected");
        if (routes.length === 0 && failed) throw failed.reason;
        return routes.filter((one, index) => routes.findIndex((other) => isSame(one, other)) === index);
    };
}

async function routesOf(route: DeclaredRoute, port: number, host: Host): Promise<Route[]> {
    if (route.kind === "forward") return [{ address: route.address, port: route.port, forwarded: true }];
    if (route.kind === "fixed") return [{ address: route.address, port, forwarded: false }];
    const leases = await recentLeases(host, route.network);
    return FAMILIES.flatMap((family) => leased(route.nic, leases, family) ?? []).map((address) => ({
        address,
        port,
        forwarded: false,
    }));
}

const FAMILIES: Family[] = ["ipv4", "ipv6"];
const isSame = (one: Route, other: Route): boolean => one.address === other.address && one.port === other.port;

const declared = (spec: Routed, port: number, fromHost: boolean): DeclaredRoute[] =>
    declaredRoutesTo(spec, port, { uri: spec.connection, fromHost });

function declaredRoutesTo(spec: Pick<Routed, "interfaces">, port: number, end: ConnectionEnd): DeclaredRoute[] {
    const forwards = spec.interfaces.flatMap(({ attach }): DeclaredRoute[] =>
        forwardsOf(attach).flatMap((one) => {
            const address = one.guest === port && one.protocol === "tcp" ? reachable(one.address, end) : undefined;
            return address ? [{ kind: "forward", address, port: one.host, declared: one.address }] : [];
        }),
    );
    // From another machine only a forward leads certainly to this guest.
    if (!end.fromHost && forwards.length > 0) return forwards.slice(0, 1);
    return [...forwards, ...spec.interfaces.flatMap(directRoutes)];
}

/** Return the addresses that an interface has, or may get by DHCP. */
function directRoutes(nic: InterfaceSpec): DeclaredRoute[] {
    const { attach, ipv4, ipv6 } = nic;
    if ("user" in attach) return [];
    const fixed = typeof ipv4 === "object" ? ("reserve" in ipv4 ? ipv4.reserve : ipv4.address) : undefined;
    return [
        ...[fixed, ipv6?.address].flatMap((address): DeclaredRoute[] =>
            address === undefined ? [] : [{ kind: "fixed", address: withoutPrefix(address) }],
        ),
        ...("network" in attach && asks(nic) ? [{ kind: "lease" as const, network: attach.network, nic }] : []),
    ];
}

const isAny = (address: string): boolean => address === "0.0.0.0" || address === "::" || address === "";
const isLoopback = (address: string): boolean =>
    address.startsWith("127.") || address === "::1" || address === "localhost";

/** Return the address by which a forward is reached; undefined from here for a loopback address of another machine. */
function reachable(address: string, { uri, fromHost }: ConnectionEnd): string | undefined {
    if (fromHost) return isAny(address) ? (address === "::" ? "::1" : "127.0.0.1") : address;
    if (isAny(address)) return hostOf(uri);
    return isLoopback(address) ? undefined : address;
}

function hostOf(uri: string): string {
    return (parseUri(uri).host ?? "").replace(/^\[(.*)\]$/, "$1");
}

/** Return whether a probe of the guest begins on its host: on this machine, or by a channel of ssh. */
const beginsThere = (spec: UnikernelSpec): boolean =>
    !isRemote(spec.connection) || sshLogin(sshUri(spec)) !== undefined;

/**
 * Return the problem of a readiness port without a route: the host does not know the address of a guest on a bridge or
 * a tap device with DHCP.
 */
export function routeProblems(spec: UnikernelSpec): Problem[] {
    const port = portOf(spec.readiness);
    if (port === undefined || declared(spec, port, beginsThere(spec)).length > 0) return [];
    return [problemOf("readiness", noRoute(spec, port))];
}

/** Return the problem of a probe that has to leave from this machine, as `problemFromHere` does. */
export function remoteProbeProblems(spec: UnikernelSpec): Problem[] {
    const port = portOf(spec.readiness);
    const reason = port === undefined || beginsThere(spec) ? undefined : problemFromHere(spec, port);
    return reason === undefined ? [] : [{ property: "readiness", reason }];
}

/**
 * Return the problem of a probe from here whose address identifies the guest only on its own host: in this machine's
 * network another machine may have that address, and would answer. A listener on the address in the connection's URI
 * certainly belongs to the host.
 */
export function problemFromHere(spec: Routed, port: number): string | undefined {
    const [route] = declared(spec, port, false);
    if (!route) return undefined;
    const host = hostOf(spec.connection);
    if (
        route.kind === "forward" &&
        (isAny(route.declared) || route.declared === host) &&
        host !== "" &&
        !isLoopback(host)
    )
        return undefined;
    const found = route.kind === "lease" ? `its lease on network ${route.network}` : route.address;
    const because =
        isLoopback(host) || host === ""
            ? "the connection leads through a tunnel, so its host's own address is not known"
            : `${found} is not the address of the host ${host}`;
    return (
        `the guest is on another host, and the probe leaves from this machine, where another machine may answer for it: ${because}; ` +
        'use readiness.console, a connection by ssh, or a forward with address "0.0.0.0" on a host that the connection names'
    );
}

/** Return the guest's port that a readiness probes. */
export function portOf(readiness: UnikernelSpec["readiness"]): number | undefined {
    if (!readiness || "console" in readiness) return undefined;
    return "http" in readiness ? readiness.http.port : readiness.tcp.port;
}

export function noRoute(spec: Pick<Routed, "interfaces">, port: number): UnikernelError {
    const user = spec.interfaces.findIndex(({ attach }) => attachKind(attach) === "user");
    return new UnikernelError(
        "invalid",
        `port ${port} of the guest cannot be reached, so its readiness cannot be detected`,
        {
            property: "readiness",
            hint:
                user >= 0
                    ? `add { host: PORT, guest: ${port} } to interfaces[${user}].attach.user.forward, or use readiness.console`
                    : "give an interface an address that is known before the guest runs, or use readiness.console",
        },
    );
}
