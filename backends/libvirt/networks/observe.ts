import { isDeepStrictEqual } from "node:util";
import type { NetworkDrift, NetworkMode, NetworkSpec } from "../../../model";
import { type AppliedNetwork, type SeenNetwork, sessionRefused } from "../../networks";
import type { Host, NetworkDetails } from "../host";
import { assertSameHost, hostIdOf } from "../lifecycle/hostIdentity";
import type { NetworkDefinition } from "../networkModel";
import { readDefinition } from "../xml/networks";
import { assertOwned } from "./ownership";
import { waitingName } from "./restart";
import { declarationOf } from "./wanted";

/**
 * Check the place before anything else: a host that has networks, and the one in state.
 * @throws UnikernelError `unsupported`, `unreachable`
 */
export async function assertNetworks(
    host: Host,
    { name, connection, host: known }: Pick<NetworkSpec, "name" | "connection"> & { host?: string },
): Promise<void> {
    const info = await host.info();
    assertSameHost(info, { name: `network ${name}`, host: known, connection });
    if (info.session) throw sessionRefused();
}

/** Return the present state of a network in state; undefined where the host has none of its name and uuid. */
export async function observe(host: Host, applied: AppliedNetwork): Promise<SeenNetwork | undefined> {
    await assertNetworks(host, applied);
    const found = await host.networks.details({ uuid: applied.uuid });
    if (!found) return undefined;
    const definition = readDefinition(found.inactiveXml);
    assertOwned(definition, applied);
    const seen = await seenOf(host, found, applied);
    const waiting = await host.networks.details({ name: waitingName(applied.uuid) });
    const interrupted = waiting !== undefined || (definition.mark !== undefined && definition.mark.phase !== "ready");
    return { ...seen, unfinished: seen.unfinished || interrupted };
}

/** Return what of a network differs from its declaration, now or from its next start on. */
export async function seenOf(
    host: Host,
    { xml, inactiveXml, active, autostart, persistent }: NetworkDetails,
    declared: AppliedNetwork,
): Promise<SeenNetwork> {
    const definitions = [inactiveXml, ...(active ? [xml] : [])].map(readDefinition);
    const mark = definitions[0]?.mark;
    return {
        host: hostIdOf(await host.info()),
        bridge: definitions.at(-1)?.bridge ?? "",
        drift: {
            ...Object.assign({}, ...definitions.map((definition) => driftOf(definition, declared))),
            ...(autostart === declared.autostart ? {} : { autostart }),
        },
        unfinished: !active || !persistent,
        ...(mark?.incarnation === undefined ? {} : { incarnation: mark.incarnation }),
    };
}

const COMPARED = ["mode", "bridge", "ipv4", "ipv6", "domain", "forwarders", "hosts", "mtu"] as const;

/** Return the declared values that a definition has otherwise. */
export function driftOf(definition: NetworkDefinition, declared: AppliedNetwork): NetworkDrift {
    const seen = { ...declarationOf(definition, declared.hosts), mode: definition.mode as NetworkMode };
    const differing = COMPARED.filter((name) => {
        // The bridge that libvirt makes is not declared.
        if (name === "bridge" && declared.mode !== "bridge") return false;
        return !isDeepStrictEqual(seen[name], declared[name]);
    });
    return Object.fromEntries(differing.map((name) => [name, seen[name]]));
}
