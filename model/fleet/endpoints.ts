import type { Endpoint } from "../fleetMember";
import { type Attach, forwardsOf } from "../network";

/** The parts of a guest's readiness that name a port. */
interface Ready {
    http?: { port?: number };
    tcp?: { port?: number };
}

/**
 * Return where the services of a guest are reached from its host.
 * @param attach of each interface
 * @param addresses of each interface, empty where the host does not know it
 */
export function endpointsOf(
    attach: readonly (Attach | undefined)[],
    addresses: readonly string[],
    { http, tcp }: Ready = {},
): Endpoint[] {
    const port = http?.port ?? tcp?.port;
    return attach.flatMap((one, index): Endpoint[] => {
        if (one === undefined) return [];
        if ("user" in one)
            return forwardsOf(one).map(({ address, host, guest, protocol }) => ({
                address,
                port: host,
                guest,
                protocol,
            }));
        const address = addresses[index];
        return address && port !== undefined ? [{ address, port, guest: port, protocol: "tcp" }] : [];
    });
}
