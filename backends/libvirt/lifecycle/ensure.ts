import { hasCode, puttingRight } from "../../../spec";
import { type Applied, type Observation, PartialError } from "../../backend";
import type { Mark, RecordedReservation } from "../model";
import { descriptionsIn, keepForeign, renderDomain, renderMark } from "../xml";
import { forgetDeletion } from "./begun";
import { assertUnclaimed, GuestClaim, LostClaim } from "./claim";
import { type Course, isNew, plot, report } from "./course";
import { unprovenLastGood } from "./decide";
import { erase } from "./delete";
import { foreignIn, knownTo, putFiles, removeUnneeded } from "./files";
import { namingHolder, takingFor, untilFree } from "./handOver";
import { ownSources } from "./imported";
import { carryOutKeeping } from "./keeping";
import { adjust } from "./live";
import { restarts, stateOf } from "./look";
import { leave } from "./operations";
import type { Claim } from "./ownership";
import { describe, waitReady } from "./readiness";
import { lastGoodOf, namesOf } from "./records";
import { release, reservationsOf, reserve, union } from "./reservations";
import { rollBack } from "./rollback";
import type { Run } from "./run";
import { start } from "./start";
import { translate } from "./startErrors";
import { afterFailure, hears, stop } from "./stop";
import { messageOf, Undo } from "./undo";
import { sameMark, timeFor, unfinishedMark, withLastGood } from "./wanted";

/**
 * Brings the host from whatever is there to what the plan says. Run again after a kill at any point, it
 * ends where an uninterrupted run would have: every decision is made from what is on the host.
 */
export async function ensure(run: Run, claim: Claim, from?: Applied): Promise<Observation> {
    try {
        // Refuses what is to be refused before anything is touched.
        const course = await plot(run, claim, from);
        if (!claim.inState || !course.existing.record) return await asOnlyOne(run, claim, from);
        await assertUnclaimed(run.host, run.plan.spec, course.existing.files);
        return await carryThrough(course);
    } finally {
        leave(run.plan.spec.uuid);
    }
}

async function carryThrough(course: Course): Promise<Observation> {
    const undo = new Undo(course.context);
    try {
        await prepare(course, undo);
        await carryOut(course);
        return await settle(course);
    } catch (error) {
        throw await puttingRight(() =>
            recover(course, undo, error instanceof Failure ? error : new Failure("settle", error)),
        );
    }
}

/** Make the guest while no other run does. The host is read again once the claim is made: another run may have ended in between. */
async function asOnlyOne(run: Run, claim: Claim, from?: Applied): Promise<Observation> {
    const {
        host,
        plan: { spec },
    } = run;
    const held = await GuestClaim.take(host, spec, timeFor(spec));
    let made = false;
    try {
        const seen = await carryThrough({ ...(await plot(run, claim, from)), held });
        made = true;
        return seen;
    } finally {
        // Where it cannot be removed now, it ends with this process. A guest that was made has files in its folder.
        await puttingRight(() =>
            held.release().then(() => (made ? undefined : host.files.removeFolder(spec.uuid))),
        ).catch(() => undefined);
    }
}

/** How far a run came before it failed. */
class Failure extends Error {
    constructor(
        readonly step: "prepare" | "stop" | "start" | "ready" | "settle",
        override readonly cause: unknown,
    ) {
        super(messageOf(cause));
    }
}

async function during<T>(step: Failure["step"], work: Promise<T>): Promise<T> {
    try {
        return await work;
    } catch (error) {
        throw new Failure(step, error);
    }
}

/** Everything that the guest which runs now does not notice. */
function prepare(course: Course, undo: Undo): Promise<void> {
    return during(
        "prepare",
        (async () => {
            const {
                host,
                plan: { spec },
                wanted,
                decision,
                existing,
            } = course;
            await course.held?.assertHeld();
            await putFiles(
                course,
                wanted.layout,
                { present: course.present, broken: course.broken, former: namesOf(existing.mark) },
                undo,
            );
            if (decision.discard) {
                course.context.log(`${spec.name}: its saved memory image is of what it was before, and is discarded`);
                await host.domains.removeSaved(spec.uuid);
            }
            if (decision.define) {
                const before = existing.facts && existing.record?.inactiveXml;
                if (before) undo.add(() => host.domains.define(before));
                await course.held?.assertHeld();
                await host.domains.define(definitionOf(course));
            } else if (existing.mark && !sameMark(existing.mark, withEntries(existing.mark, course))) {
                await mark(course, withEntries(existing.mark, course), existing.record?.active ?? false);
            }
            // After the mark: whoever comes after a kill finds there which entries are ours.
            for (const step of await reserve(host, reservationsOf(spec), course.entries, takingFor(course)))
                undo.add(step);
        })(),
    );
}

/** The mark is the final one at once where nothing has to be proven. */
function interimMark(course: Course): Mark {
    const { decision, wanted } = course;
    const interim =
        decision.start || decision.prove ? unfinishedMark(wanted, course, decision.lastGood) : finalMark(course);
    return withEntries(course.held ? { ...interim, claim: course.held.token } : interim, course);
}

function finalMark({
    existing,
    decision,
    plan: {
        bootDigest,
        spec: { state },
    },
    wanted,
}: Course): Mark {
    return withLastGood(
        wanted.mark,
        unprovenLastGood(existing, decision, { bootDigest, state, seeds: wanted.layout.puts.some(({ seed }) => seed) }),
    );
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

/** While addresses change, the old entries and the new ones are ours. */
function withEntries(before: Mark, { entries, wanted }: Course): Mark {
    const reservations = union([...(wanted.mark.reservations ?? []), ...entries]);
    return reservations.length > 0 ? { ...before, reservations } : before;
}

/** What other tools and people have written about the domain stays with it. */
function definitionOf(course: Course): string {
    const {
        wanted,
        existing: { record },
    } = course;
    return keepForeign(renderDomain(wanted.model, interimMark(course)), record?.inactiveXml);
}

/** From here on the guest that ran before is disturbed. */
async function carryOut(course: Course): Promise<void> {
    const {
        host,
        platform,
        plan,
        plan: { spec, readConsole },
        decision,
        existing,
        wanted,
        context,
        info,
        console,
    } = course;
    const definition = decision.define ? definitionOf(course) : existing.record?.inactiveXml;
    const again =
        definition !== undefined && (decision.start || decision.stop) && restarts(existing.facts ?? existing.liveFacts);
    const restarting = again ? definition : undefined;
    const assertHeld = async (): Promise<void> => course.held?.assertHeld({ defined: decision.define });
    if (decision.stop || restarting) {
        await during("stop", assertHeld());
        await during(
            "stop",
            stop(host, platform, spec, {
                asks: existing.record?.active === true && !course.ended && hears(existing.liveMark),
                timeout: (course.from ?? spec).shutdownTimeout,
                debugged: existing.liveMark?.gdb !== undefined,
                restarting,
            }),
        );
    }
    if (restarting)
        await during(
            "stop",
            assertHeld().then(() => host.domains.define(restarting)),
        );
    if (decision.start && (spec.state === "running" || spec.state === "paused")) {
        await during("start", untilFree(course, course.awaited));
        await during("start", assertHeld());
        await during(
            "start",
            start(host, platform, spec, {
                state: spec.state,
                mark: wanted.mark,
                value: plan.boot.xenstore?.value,
                again: existing.record !== undefined,
                resume: decision.resume,
                console,
                shutdownTimeout: spec.shutdownTimeout,
            }),
        );
        if (decision.resume) await during("start", adjustResumed(course));
    } else {
        await during("prepare", adjust(course, existing, wanted, decision.live));
    }
    if (!decision.prove) return;
    if (spec.readiness) context.log(`${spec.name}: waiting for ${describe(spec.readiness)}`);
    await during("ready", waitReady({ host, info, spec, console, readConsole }));
}

/** What came back from its saved memory is as it was defined then; what may change while it runs is changed now. */
async function adjustResumed(course: Course): Promise<void> {
    const {
        host,
        plan: { spec },
        existing,
        wanted,
        decision,
    } = course;
    const now = await host.domains.state(spec.uuid);
    if (!now?.active || !existing.record) return;
    await adjust(
        course,
        { ...existing, record: { ...existing.record, ...now }, liveFacts: existing.savedFacts ?? existing.facts },
        wanted,
        decision.live,
    );
}

/** The guest is as it should be: says so on the host, and removes what nobody needs any more. */
async function settle(course: Course): Promise<Observation> {
    const {
        host,
        plan,
        plan: { spec },
        wanted,
        decision,
        existing,
        present,
        context,
    } = course;
    const written = decision.define ? interimMark(course) : existing.mark && withEntries(existing.mark, course);
    if ((existing.record?.autostart ?? false) !== spec.autostart)
        await host.domains.setAutostart(spec.uuid, spec.autostart);
    await describeDomain(course);
    // Before the mark: it is what names the entries that are no longer wanted.
    await release(host, course.entries, reservationsOf(spec));
    const final = finalMark(course);
    await course.held?.assertHeld({ defined: decision.define });
    if (!sameMark(written, final)) await mark(course, final);
    // After the mark: until then a run that comes after a kill may have to go back to what boots from the former files.
    if (final.lastGood === undefined)
        await carryOutKeeping(host, spec, wanted.keeping, (message) => {
            context.log(message);
        });
    const known = knownTo(existing, wanted);
    const foreign = foreignIn(present, new Set([...known, ...ownSources(plan)]));
    if (foreign.length > 0)
        context.log(`${spec.name}: left ${foreign.join(", ")} in ${wanted.mark.folder}: not made by this package`);
    await Promise.all([
        removeUnneeded(host, spec.uuid, present, known, [
            ...wanted.layout.files,
            ...namesOf(lastGoodOf(final)),
            ...ownSources(plan),
        ]),
        forgetDeletion(spec.uuid),
    ]);
    return report(course, { state: spec.state, unfinished: false });
}

/** Write the description where the definition or what runs has another one. One that is not declared is not managed. */
async function describeDomain(course: Course): Promise<void> {
    const { description } = course.plan.spec;
    const { record } = course.existing;
    if (description === undefined) return;
    const written = descriptionsIn(record?.liveXml, record?.inactiveXml);
    if (written.length === 0 || written.some((text) => text !== description))
        await setMetadata(course, { description });
}

async function mark(course: Course, value: Mark, active?: boolean): Promise<void> {
    await setMetadata(course, renderMark(value), active);
}

async function setMetadata(
    { host, plan: { spec } }: Course,
    value: string | { description: string },
    active = spec.state !== "stopped",
): Promise<void> {
    try {
        await host.domains.setMetadata(spec.uuid, value, { live: active, config: true });
    } catch (error) {
        // It may have ended in between: then there is nothing live to write to.
        if (hasCode(error, "unreachable") || !active || (await host.domains.state(spec.uuid))?.active) throw error;
        await host.domains.setMetadata(spec.uuid, value, { live: false, config: true });
    }
}

/** Makes the best of a failure. @returns the error to throw */
async function recover(course: Course, undo: Undo, { step, cause }: Failure): Promise<unknown> {
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
