import { hasCode } from "../../../spec";
import { type Observation, PartialError } from "../../backend";
import type { RecordedReservation } from "../model";
import { LostClaim } from "./claim";
import { type Course, isNew, report } from "./course";
import { erase } from "./delete";
import { knownTo } from "./files";
import { namingHolder } from "./handOver";
import { stateOf } from "./look";
import { union } from "./reservations";
import { rollBack } from "./rollback";
import { translate } from "./startErrors";
import { afterFailure, stop } from "./stop";
import { messageOf, type Undo } from "./undo";

/** How far a run came before it failed. */
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

/** Makes the best of a failure. @returns the error to throw */
export async function recover(course: Course, undo: Undo, { step, cause }: Failure): Promise<unknown> {
    const {
        host,
        platform,
        plan: { spec },
        decision,
        claim,
    } = course;
    const error =
        step === "start"
            ? await namingHolder(course, translate(cause, spec, platform.startErrors))
            : translate(cause, spec, platform.startErrors);
    // Nothing of it is ours any more, not even to take back.
    if (cause instanceof LostClaim) return cause;
    if (!hasCode(error, "unreachable") && (await course.held?.isLost())) return error;
    const partial = async (state: Observation["state"]): Promise<PartialError> =>
        new PartialError(await report(course, { state, unfinished: true }), [messageOf(error)], { cause: error });
    // Nobody to talk to: what is there tells the next run how to go on. State must know that it may be there.
    if (hasCode(error, "unreachable")) return claim.inState ? error : partial("stopped");
    if (step === "settle") return partial(spec.state);
    if (step !== "prepare" && decision.lastGood !== undefined) return rollBack(course, undo, decision.lastGood, error);
    if (step === "ready")
        return partial(stateOf((await host.domains.state(spec.uuid)) ?? { state: "shutoff", active: false }));
    let whole = await undo.run();
    if (isNew(course)) {
        undo.add(async () => {
            await stop(host, platform, spec, afterFailure(course));
            await erase(host, {
                spec,
                entries: madeEntries(course),
                keep: course.present,
                known: knownTo(course.existing, course.wanted),
                console: course.console,
            });
        });
        whole = (await undo.run()) && whole;
    }
    return whole || claim.inState ? error : partial("stopped");
}

/** What a create that failed made. */
function madeEntries({
    entries,
    wanted: {
        mark: { reservations = [] },
    },
}: Course): RecordedReservation[] {
    return union([...entries, ...reservations.filter(({ foreign }) => !foreign)]);
}
