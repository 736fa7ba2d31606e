import { knownHost, logicalName, overlaps, type Problem, spanOf } from "../../model";
import type { NetworkInputs } from "./inputs";

type Declared = Pick<NetworkInputs, "urn" | "name" | "host" | "connection" | "ipv4" | "ipv6">;

/** The networks that were checked in this run. One process serves one run of the engine. */
const checked = new Map<string, Declared>();

/** Record a network. Report a name or a range that another network of the program has on the same host. */
export function claimNetwork(network: Declared): Problem[] {
    checked.set(network.urn, network);
    const others = [...checked.values()].filter(
        (other) => other.urn !== network.urn && placeOf(other) === placeOf(network),
    );
    return others.flatMap((other) => [
        ...(other.name === network.name
            ? [{ property: "name", reason: `${network.name} is already used by "${logicalName(other.urn)}"` }]
            : []),
        ...(["ipv4", "ipv6"] as const).flatMap((family) => {
            const [mine, its] = [network[family], other[family]];
            if (!mine || !its || !overlaps(spanOf(mine.address), spanOf(its.address))) return [];
            return [
                {
                    property: `${family}.address`,
                    reason: `${mine.address} overlaps ${its.address} of "${logicalName(other.urn)}"`,
                },
            ];
        }),
    ]);
}

const placeOf = ({ host, connection }: Declared): unknown => knownHost(host) ?? connection;

/** Forget all networks: another run of the engine, or a test. */
export function forgetNetworks(): void {
    checked.clear();
}
