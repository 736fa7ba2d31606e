import type { Attach } from "../../../../model";
import type { Consequence } from "../../../backend";
import type { Host } from "../../host";
import type { DomainFacts, NetworkFacts } from "../../model";
import { knownNetwork, type SeenNetwork } from "../network/networks";

/**
 * Return whether the interfaces on a network are ports of a bridge on the host. Those of a network that forwards by
 * macvtap, or hands out the host's own devices, are devices of another kind, and libvirt changes an interface's kind
 * only at a start: "unable to change config on 'network' network type" (qemuDomainChangeNet in qemu_hotplug.c).
 */
function isBridged({ bridge }: NetworkFacts): boolean {
    return bridge !== undefined;
}

/**
 * Return the consequence of moving an interface: `live` only where both networks have a bridge. The kind of a network
 * that does not exist yet is unknown.
 */
export async function consequenceOfMove(
    network: (name: string) => Promise<SeenNetwork>,
    ...ends: unknown[]
): Promise<Consequence> {
    const seen = await Promise.all(
        ends.map(async (attach) => {
            const { network: name } = Object(attach) as Partial<Record<"network", unknown>> & Partial<Attach>;
            return typeof name === "string" ? network(name) : undefined;
        }),
    );
    const bridged = seen.every((one, index) =>
        one === undefined ? "bridge" in Object(ends[index]) : one !== "unknown" && isBridged(one),
    );
    return bridged ? "live" : "restart";
}

/**
 * Return the networks without a bridge among those that an interface of the running guest leaves or joins. A network
 * that the host does not have is left out: a move to it is refused before the guest is touched.
 */
export async function unbridgedNetworks(
    host: Host,
    live: DomainFacts | undefined,
    desired: DomainFacts,
): Promise<string[]> {
    const pairs = (live?.interfaces ?? []).map((before, index) => [before, desired.interfaces[index]] as const);
    const moved = pairs
        .filter(([before, after]) => after && (before.kind !== after.kind || before.source !== after.source))
        .flat();
    const names = new Set(
        moved.flatMap((one) => (one?.kind === "network" && one.source !== undefined ? [one.source] : [])),
    );
    const facts = await Promise.all([...names].map((name) => knownNetwork(host, name)));
    return facts.flatMap((network) => (network && !isBridged(network) ? [network.name] : []));
}
