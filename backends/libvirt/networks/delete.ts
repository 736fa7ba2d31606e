import { UnikernelError } from "../../../model";
import type { AppliedNetwork } from "../../networks";
import type { Host } from "../host";
import { readDefinition } from "../xml/networks";
import { allGuests, madeBridge, namesOf } from "./guests";
import { assertNetworks } from "./observe";
import { assertOwned } from "./ownership";
import { finishMoves } from "./restart";

/** Remove a network in state. One on which guests are is not touched. Succeeds when it is gone. */
export async function remove(host: Host, applied: AppliedNetwork): Promise<void> {
    await assertNetworks(host, applied);
    const { name, uuid } = applied;
    const found = await host.networks.details({ uuid });
    if (!found) return;
    const definition = readDefinition(found.inactiveXml);
    assertOwned(definition, applied);
    if (found.active) await finishMoves(host, found);
    const guests = await allGuests(host, { name, bridge: madeBridge(readDefinition(found.xml)) });
    if (guests.length > 0)
        throw new UnikernelError("in-use", `guests are on network ${name}: ${namesOf(guests)}; it was not removed`, {
            hint: "remove them or plug them in elsewhere first; guests of this program use the network's output `name`, so that Pulumi removes them before it",
        });
    await host.networks.destroy(uuid);
    await host.networks.undefine(uuid);
}
