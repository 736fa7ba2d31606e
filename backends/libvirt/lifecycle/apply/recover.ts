import { hasCode, messageOf } from "../../../../model";
import { type Observation, PartialError } from "../../../backend";
import { stateOf } from "../existing";
import { knownTo } from "../files/guestFiles";
import { madeIn, type RecordedEntry, union } from "../network/entries";
import { namingHolder } from "../network/handOver";
import { LostClaim } from "../ownership/claim";
import { translate } from "../power/startErrors";
import { afterFailure, stop } from "../power/stop";
import { erase } from "./delete";
import { isNew, type Operation, report } from "./operation";
import { rollBack } from "./rollback";
import type { Undo } from "./undo";

/** A failure, with the step in which it happened. */
export class Failure extends Error {
    constructor(
        readonly step: "prepare" | "stop" | "start" | "ready" | "settle",
        override readonly cause: unknown,
    ) {
        super(messageOf(cause));
    }
}

export async function during<T>(step: Failure["step"], work: Promise<T>): Promise<T> {
    try {
        return await work;
    } catch (error) {
        throw new Failure(step, error);
    }
}

/** Undo or roll back as far as possible after a failure. @returns the error to throw */
export async function recover(operation: Operation, undo: Undo, { step, cause }: Failure): Promise<unknown> {
    const {
        host,
        platform,
        plan: { spec },
        decision,
        claim,
    } = operation;
    const error =
        step === "start"
            ? await namingHolder(operation, translate(cause, spec, platform.startErrors))
            : translate(cause, spec, platform.startErrors);
    // Another run owns the guest now: do not change it, not even to undo our own steps.
    if (cause instanceof LostClaim) return cause;
    if (!hasCode(error, "unreachable") && (await operation.held?.isLost())) return error;
    const partial = async (state: Observation["state"]): Promise<PartialError> =>
        new PartialError(await report(operation, { state, unfinished: true }), [messageOf(error)], { cause: error });
    // The host is unreachable: the next run continues from its state then. State must record that the guest may exist.
    if (hasCode(error, "unreachable")) return claim.inState ? error : partial("stopped");
    if (step === "settle") return partial(spec.state);
    if (step !== "prepare" && decision.lastGood !== undefined)
        return rollBack(operation, undo, decision.lastGood, error);
    if (step === "ready")
        return partial(stateOf((await host.domains.state(spec.uuid)) ?? { state: "shutoff", active: false }));
    let whole = await undo.run();
    if (isNew(operation)) {
        undo.add(async () => {
            // Until it is defined, its name may be another domain's, and so may the console that goes by the name.
            const defined = (await host.domains.state(spec.uuid)) !== undefined;
            if (defined) await stop(host, platform, spec, afterFailure(operation));
            await erase(host, {
                spec,
                entries: madeEntries(operation),
                keep: operation.present,
                known: knownTo(operation.existing, operation.desired),
                console: defined ? operation.console : undefined,
            });
        });
        whole = (await undo.run()) && whole;
    }
    return whole || claim.inState ? error : partial("stopped");
}

/** Return the entries of networks that a failed create made. */
function madeEntries({ entries, desired: { mark } }: Operation): RecordedEntry[] {
    return union([...entries, ...madeIn(mark)]);
}
