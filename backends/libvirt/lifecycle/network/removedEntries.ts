import type { UnikernelSpec } from "../../../../model";
import type { Observation } from "../../../backend";
import type { Host } from "../../host";
import type { NetworkFacts } from "../../model";
import { isMade } from "./conflicts";
import { entriesOf } from "./declaredEntries";
import { byNetwork, entriesIn, includes, isReservation } from "./entries";
import { recentNetwork } from "./networks";

/**
 * Return, by property path, the reservations and names of a guest that its networks do not have any more. A network that is
 * gone, or cannot be read, is no drift of the guest.
 */
export async function removedEntries(
    host: Host,
    applied: Pick<UnikernelSpec, "interfaces">,
): Promise<Observation["drift"]> {
    const found: Observation["drift"] = {};
    for (const [name, entries] of byNetwork(entriesOf(applied))) {
        const network: NetworkFacts | undefined = await recentNetwork(host, name).catch(() => undefined);
        if (!network) continue;
        for (const entry of entries) {
            if (isMade(network, entry, [])) continue;
            const isNameless = isReservation(entry) && includes(entriesIn(network), entry);
            found[isNameless ? entry.property.replace(/reserve$/, "name") : entry.property] = "removed";
        }
    }
    return found;
}
