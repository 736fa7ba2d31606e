import { type NetworkMode, UnikernelError } from "../../../model";
import type { FoundNetwork } from "../../networks";
import type { Host } from "../host";
import { hostIdOf } from "../lifecycle/hostIdentity";
import { readDefinition, undeclarable } from "../xml/networks";
import { assertNetworks } from "./observe";
import { declarationOf } from "./wanted";

/** Return a network as arguments, whichever program made it; undefined where the host has none. Changes nothing. */
export async function importNetwork(
    host: Host,
    connection: string,
    target: { uuid?: string; name?: string },
): Promise<FoundNetwork | undefined> {
    const asked = target.uuid === undefined ? { name: target.name ?? "" } : { uuid: target.uuid };
    await assertNetworks(host, { connection, name: target.name ?? target.uuid ?? "" });
    const found = await host.networks.details(asked);
    if (!found) return undefined;
    const definition = readDefinition(found.inactiveXml);
    const rest = undeclarable(found.inactiveXml);
    const refused = [...rest, ...(found.persistent ? [] : ["a network that is defined nowhere (transient)"])];
    if (refused.length > 0)
        throw new UnikernelError(
            "unsupported",
            `network ${found.name} has what no argument declares: ${refused.join(", ")}`,
            {
                hint: "remove it with virsh net-edit, or leave the network to the program that made it",
            },
        );
    const { bridge, mode, ...declared } = declarationOf(definition);
    const own = mode === "bridge" ? { bridge } : {};
    // Reservations without a DNS record of their own are those of guests: they stay, and no declaration has them.
    return {
        ...declared,
        ...own,
        bridgeSeen: bridge,
        mode: mode as NetworkMode,
        name: found.name,
        uuid: found.uuid,
        autostart: found.autostart,
        host: hostIdOf(await host.info()),
        imported: definition.mark ? { urn: definition.mark.urn } : {},
    };
}
