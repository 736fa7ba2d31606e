import { puttingRight } from "../../../../model";
import type { Applied, Observation } from "../../../backend";
import { foreignIn, knownTo, putFiles, removeUnneeded } from "../files/files";
import { carryOutKeeping } from "../files/keeping";
import { lastGoodOf, namesOf } from "../files/records";
import { restarts } from "../look";
import { takingFor, untilFree } from "../network/handOver";
import { leave } from "../network/operations";
import { release, reservationsOf, reserve } from "../network/reservations";
import { forgetDeletion } from "../ownership/begun";
import { assertUnclaimed, GuestClaim } from "../ownership/claim";
import { ownSources } from "../ownership/imported";
import type { Claim } from "../ownership/ownership";
import { start } from "../power/start";
import { hears, stop } from "../power/stop";
import { describe, waitReady } from "../readiness/readiness";
import type { Run } from "../run";
import { type Course, plot, report } from "./course";
import { adjust } from "./live";
import { definitionOf, describeDomain, finalMark, interimMark, mark, withEntries } from "./marking";
import { during, Failure, recover } from "./recover";
import { Undo } from "./undo";
import { sameMark, timeFor } from "./wanted";

/**
 * Bring the host from its present state to that of the plan. Every decision is based on the host's state, so a run
 * after a kill at any point ends in the same state as an uninterrupted one.
 */
export async function ensure(run: Run, claim: Claim, from?: Applied): Promise<Observation> {
    try {
        // Refusals come before any change.
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

/** Create the guest under a claim. The host is read again after the claim: another run may have ended in between. */
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
        // A claim that cannot be removed now ends with this process. Remove the folder only after a failed create.
        await puttingRight(() =>
            held.release().then(() => (made ? undefined : host.files.removeFolder(spec.uuid))),
        ).catch(() => undefined);
    }
}

/** Do all steps that do not affect the running guest. */
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
            // After the mark, so that a run after a kill finds there which entries are ours.
            for (const step of await reserve(host, reservationsOf(spec), course.entries, takingFor(course)))
                undo.add(step);
        })(),
    );
}

/** Do the steps that affect the running guest. */
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

/** A guest resumed from saved memory has its former definition: apply the live changes now. */
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

/** Record on the host that the guest is as desired, and remove what is not needed any more. */
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
    // Before the mark, because the former mark names the entries to release.
    await release(host, course.entries, reservationsOf(spec));
    const final = finalMark(course);
    await course.held?.assertHeld({ defined: decision.define });
    if (!sameMark(written, final)) await mark(course, final);
    // After the mark: until then a run after a kill may have to roll back to a definition that boots from the former
    // files.
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
