import { duringCleanup } from "../../../../model";
import type { Applied, Observation } from "../../../backend";
import { assertSameHost } from "../hostIdentity";
import { GuestClaim } from "../ownership/claim";
import type { Claim } from "../ownership/ownership";
import type { Run } from "../run";
import { type Operation, planOperation } from "./operation";
import { timeFor } from "./wanted";

type Perform = (operation: Operation) => Promise<Observation>;

/**
 * Create a guest on a host that is far away: the claim is made while the host is read, where the guest's folder is
 * missing or empty. The claim's script returns the other files after it was made. So where there is no domain and no
 * file, no other create has ended in between, and the host is not read again. A refusal takes the claim back.
 */
export async function createAtOnce(run: Run, claim: Claim, perform: Perform, from?: Applied): Promise<Observation> {
    const {
        host,
        plan: { spec },
    } = run;
    assertSameHost(await host.info(), from ?? spec);
    const claiming = GuestClaim.takeInEmpty(host, spec, timeFor(spec));
    const files = claiming.then((found) => found?.files ?? host.files.list(spec.uuid));
    const [planned] = await Promise.allSettled([planOperation(run, claim, from, files), claiming]);
    const held = (await claiming)?.held;
    if (!held) {
        if (planned.status === "rejected") throw planned.reason;
        return createExclusively(run, claim, perform, from);
    }
    return whileHeld(run, held, async () => {
        if (planned.status === "rejected") throw planned.reason;
        const { record, files: others } = planned.value.existing;
        const fresh = record === undefined && others.length === 0;
        return perform({ ...(fresh ? planned.value : await planOperation(run, claim, from)), held });
    });
}

/** Create the guest under a claim. The host is read again after the claim: another run may have ended in between. */
export async function createExclusively(
    run: Run,
    claim: Claim,
    perform: Perform,
    from?: Applied,
): Promise<Observation> {
    const {
        host,
        plan: { spec },
    } = run;
    const held = await GuestClaim.take(host, spec, timeFor(spec));
    return whileHeld(run, held, async () => perform({ ...(await planOperation(run, claim, from)), held }));
}

/** Work under a claim, and release it at the end. */
async function whileHeld(
    { host, plan: { spec } }: Run,
    held: GuestClaim,
    work: () => Promise<Observation>,
): Promise<Observation> {
    let made = false;
    try {
        const seen = await work();
        made = true;
        return seen;
    } finally {
        // A claim that cannot be removed now ends with this process. Remove the folder only after a failed create.
        await duringCleanup(() =>
            held.release().then(() => (made ? undefined : host.files.removeFolder(spec.uuid))),
        ).catch(() => undefined);
    }
}
