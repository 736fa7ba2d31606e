import { duringCleanup } from "../../../../model";
import type { Applied, Observation } from "../../../backend";
import { restarts } from "../existing";
import { applyFormerFiles } from "../files/formerFiles";
import { foreignIn, knownTo, putFiles, removeUnneeded, sharedFiles } from "../files/guestFiles";
import { lastGoodOf, namesOf } from "../files/records";
import { otherAddresses } from "../network/addressChange";
import { defineNew, takeoverFor, untilFree } from "../network/handOver";
import { endOperation } from "../network/inProgress";
import { release, reservationsOf, reserve } from "../network/reservations";
import { assertUnclaimed, GuestClaim } from "../ownership/claim";
import { ownSources } from "../ownership/imported";
import { forgetDeletion } from "../ownership/interruptedDeletions";
import type { Claim } from "../ownership/ownership";
import { start } from "../power/start";
import { respondsToShutdown, stop } from "../power/stop";
import { describe, waitReady } from "../readiness/readiness";
import type { Run } from "../run";
import { adjust } from "./live";
import { definitionOf, describeDomain, finalMark, interimMark, mark, withEntries } from "./marking";
import { type Operation, planOperation, report } from "./operation";
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
        const operation = await planOperation(run, claim, from);
        if (!claim.inState || !operation.existing.record) return await createExclusively(run, claim, from);
        await assertUnclaimed(run.host, run.plan.spec, operation.existing.files);
        return await perform(operation);
    } finally {
        endOperation(run.plan.spec.uuid);
    }
}

async function perform(operation: Operation): Promise<Observation> {
    const undo = new Undo(operation.context);
    try {
        await prepare(operation, undo);
        await execute(operation);
        return await finish(operation);
    } catch (error) {
        throw await duringCleanup(() =>
            recover(operation, undo, error instanceof Failure ? error : new Failure("settle", error)),
        );
    }
}

/** Create the guest under a claim. The host is read again after the claim: another run may have ended in between. */
async function createExclusively(run: Run, claim: Claim, from?: Applied): Promise<Observation> {
    const {
        host,
        plan: { spec },
    } = run;
    const held = await GuestClaim.take(host, spec, timeFor(spec));
    let made = false;
    try {
        const seen = await perform({ ...(await planOperation(run, claim, from)), held });
        made = true;
        return seen;
    } finally {
        // A claim that cannot be removed now ends with this process. Remove the folder only after a failed create.
        await duringCleanup(() =>
            held.release().then(() => (made ? undefined : host.files.removeFolder(spec.uuid))),
        ).catch(() => undefined);
    }
}

/** Do all steps that do not affect the running guest. */
function prepare(operation: Operation, undo: Undo): Promise<void> {
    return during(
        "prepare",
        (async () => {
            const {
                host,
                plan: { spec },
                desired,
                decision,
                existing,
            } = operation;
            await putFiles(
                operation,
                desired.layout,
                { present: operation.present, broken: operation.broken, former: namesOf(existing.mark) },
                undo,
                operation.held,
            );
            if (decision.discard) {
                operation.context.log(
                    `${spec.name}: its saved memory image is of what it was before, and is discarded`,
                );
                await host.domains.removeSaved(spec.uuid);
                await operation.held?.assertHeld();
            }
            if (decision.define) {
                const before = existing.facts && existing.record?.inactiveXml;
                if (before) undo.add(() => host.domains.define(before));
                if (existing.record) await host.domains.define(definitionOf(operation));
                else await defineNew(operation, definitionOf(operation));
            } else if (existing.mark && !sameMark(existing.mark, withEntries(existing.mark, operation))) {
                await mark(operation, withEntries(existing.mark, operation), existing.record?.active ?? false);
            }
            // After the mark, so that a run after a kill finds there which entries are ours.
            for (const step of await reserve(host, reservationsOf(spec), operation.entries, takeoverFor(operation)))
                undo.add(step);
        })(),
    );
}

/** Do the steps that affect the running guest. */
async function execute(operation: Operation): Promise<void> {
    const {
        host,
        platform,
        plan,
        plan: { spec, readConsole },
        decision,
        existing,
        desired,
        context,
        info,
        console,
    } = operation;
    const again = (decision.start || decision.stop) && restarts(existing.facts ?? existing.liveFacts);
    const definition = () => (decision.define ? definitionOf(operation) : existing.record?.inactiveXml);
    const restarting = again ? definition() : undefined;
    const assertHeld = async (): Promise<void> => operation.held?.assertHeld({ defined: decision.define });
    if (decision.stop || restarting) {
        await during("stop", assertHeld());
        await during(
            "stop",
            stop(host, platform, spec, {
                asks: existing.record?.active === true && !operation.ended && respondsToShutdown(existing.liveMark),
                timeout: (operation.from ?? spec).shutdownTimeout,
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
        await during("start", untilFree(operation, operation.awaited));
        await during("start", assertHeld());
        await during(
            "start",
            start(host, platform, spec, {
                state: spec.state,
                mark: desired.mark,
                value: plan.boot.xenstore?.value,
                again: existing.record !== undefined,
                resume: decision.resume,
                autostart: spec.autostart,
                shared: sharedFiles(desired.layout),
                console,
                shutdownTimeout: spec.shutdownTimeout,
            }),
        );
        if (decision.resume) await during("start", adjustResumed(operation));
    } else {
        await during("prepare", adjust(operation, existing, desired, decision.live));
    }
    if (!decision.prove) return;
    if (spec.readiness) context.log(`${spec.name}: waiting for ${describe(spec.readiness)}`);
    await during("ready", waitReady({ host, info, spec, console, readConsole }));
}

/** Apply the live changes to a guest that was resumed from saved memory: it has its former definition. */
async function adjustResumed(operation: Operation): Promise<void> {
    const {
        host,
        plan: { spec },
        existing,
        desired,
        decision,
    } = operation;
    const now = await host.domains.state(spec.uuid);
    if (!now?.active || !existing.record) return;
    await adjust(
        operation,
        { ...existing, record: { ...existing.record, ...now }, liveFacts: existing.savedFacts ?? existing.facts },
        desired,
        decision.live,
    );
}

/** Record on the host that the guest is as desired, and remove what is not needed any more. */
async function finish(operation: Operation): Promise<Observation> {
    const {
        host,
        plan,
        plan: { spec },
        desired,
        decision,
        existing,
        present,
        context,
    } = operation;
    const written = decision.define ? interimMark(operation) : existing.mark && withEntries(existing.mark, operation);
    if ((existing.record?.autostart ?? false) !== spec.autostart)
        await host.domains.setAutostart(spec.uuid, spec.autostart);
    await describeDomain(operation);
    // Before the mark, because the former mark names the entries to release.
    await release(host, operation.entries, reservationsOf(spec));
    const final = finalMark(operation);
    // Both only read: by ssh, one script does it.
    const [consoleLog] = await Promise.all([
        operation.console.path(),
        operation.held?.assertHeld({ defined: decision.define }),
    ]);
    if (!sameMark(written, final)) await mark(operation, final);
    // After the mark: until then a run after a kill may have to roll back to a definition that boots from the former
    // files.
    if (final.lastGood === undefined)
        await applyFormerFiles(host, spec, desired.formerFiles, (message) => {
            context.log(message);
        });
    const known = knownTo(existing, desired);
    const foreign = foreignIn(present, new Set([...known, ...ownSources(plan)]));
    if (foreign.length > 0)
        context.log(`${spec.name}: left ${foreign.join(", ")} in ${desired.mark.folder}: not made by this package`);
    await Promise.all([
        removeUnneeded(host, spec.uuid, present, known, [
            ...desired.layout.files,
            ...namesOf(lastGoodOf(final)),
            ...ownSources(plan),
        ]),
        forgetDeletion(spec.uuid),
    ]);
    const seen = await report(operation, { state: spec.state, unfinished: false, consoleLog });
    for (const text of otherAddresses(spec, seen.ipAddresses)) context.log(`warning: ${spec.name}: ${text}`);
    return seen;
}
