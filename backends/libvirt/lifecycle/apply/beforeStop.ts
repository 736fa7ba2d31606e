import type { Context } from "../../../backend";
import type { Host } from "../../host";
import type { Existing } from "../existing";
import { whyNotInService } from "../observe/fleetMembers";
import { whyNotServing } from "../readiness/serving";

/** Ask the roll-out of a guest's fleet, right before the guest is stopped, whether it may be. One that is not in service may always be. */
export async function beforeStop(
    host: Host,
    existing: Pick<Existing, "record" | "liveMark">,
    context: Context,
): Promise<void> {
    const { record, liveMark } = existing;
    if (record && liveMark && whyNotInService(existing) === undefined)
        await context.beforeStop?.(() => whyNotServing(host, record, liveMark));
}
