import { allEnded, duringCleanup } from "../../../../model";
import type { Applied, Observation } from "../../../backend";
import type { Renames } from "../../host";
import { restarts } from "../existing";
import { applyFormerFiles } from "../files/formerFiles";
import { foreignIn, knownTo, putFiles, removeUnneeded, sharedFiles } from "../files/guestFiles";
import { lastGoodOf, namesOf } from "../files/records";
import { otherAddresses } from "../network/addressChange";
import { defineNew, takeoverFor, untilFree } from "../network/handOver";
import { endOperation } from "../network/inProgress";
import { entriesOf, makeEntries, release } from "../network/reservations";
import { assertUnclaimed } from "../ownership/claim";
import { ownSources } from "../ownership/imported";
import { forgetDeletion } from "../ownership/interruptedDeletions";
import type { Claim } from "../ownership/ownership";
import { start } from "../power/start";
import { respondsToShutdown, stop } from "../power/stop";
import { describe, waitReady } from "../readiness/readiness";
import { stayReady } from "../readiness/steady";
import type { Run } from "../run";
import { completionOf, isFresh, releaseEarly } from "./atOnce";
import { beforeStop } from "./beforeStop";
import { createAtOnce, createExclusively } from "./exclusive";
import { adjust } from "./live";
import { definitionOf, describeDomain, finalMark, interimMark, mark, withEntries } from "./marking";
import { type Operation, planOperation, report } from "./operation";
import { during, Failure, recover } from "./recover";
import { Undo } from "./undo";
import { sameMark } from "./wanted";

/**
 * Bring the host from its present state to that of the plan. Every decision is based on the host's state, so a run
 * after a kill at any point ends in the same state as an uninterrupted one.
 */
export async function ensure(run: Run, claim: Claim, from?: Applied): Promise<Observation> {
    const {
        host,
        plan: { spec },
    } = run;
    try {
        if (!claim.inState && host.files.batch) return await createAtOnce(run, claim, perform, from);
        // Refusals come before any change.
        const operation = await planOperation(run, claim, from);
        if (!claim.inState || !operation.existing.record) return await createExclusively(run, claim, perform, from);
        await assertUnclaimed(host, spec, operation.existing.files);
        return await perform(operation);
    } finally {
        endOperation(spec.uuid);
    }
}

async function perform(operation: Operation): Promise<Observation> {
    const undo = new Undo(operation.context);
    try {
        await prepare(operation, undo);
        return await finish(operation, await execute(operation));
    } catch (error) {
        throw await duringCleanup(() =>
            recover(operation, undo, error instanceof Failure ? error : new Failure("settle", error)),
        );
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
            const writing = putFiles(
                operation,
                desired.layout,
                { present: operation.present, broken: operation.broken, former: namesOf(existing.mark) },
                undo,
                operation.held,
            );
            // A run after a kill writes the files of a new guest that is only defined.
            if (isFresh(operation)) {
                await allEnded([writing, defineNew(operation, definitionOf(operation))]);
                return;
            }
            await writing;
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
            for (const step of await makeEntries(host, entriesOf(spec), operation.entries, takeoverFor(operation)))
                undo.add(step);
        })(),
    );
}

/** Do the steps that affect the running guest. @returns the console's log, where the start completed the guest */
async function execute(operation: Operation): Promise<string | undefined> {
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
    const assertHeld = async (renames?: Renames) => operation.held?.assertHeld({ defined: decision.define, renames });
    let completed: string | undefined;
    if (decision.stop || restarting) {
        // A refusal leaves the guest as it runs: it undoes what was prepared, and rolls nothing back.
        if (decision.stop && decision.start && !operation.ended)
            await during("prepare", beforeStop(host, existing, context));
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
        const seen = await during("start", assertHeld(isFresh(operation) ? console.renames : undefined));
        let consoleLog = "";
        const done = await during(
            "start",
            start(host, platform, spec, {
                state: spec.state,
                mark: desired.mark,
                value: plan.boot.xenstore?.value,
                again: existing.record !== undefined,
                resume: decision.resume,
                autostart: spec.autostart,
                shared: sharedFiles(desired.layout),
                rotated: seen?.renamed,
                unsaved: seen?.saved === false,
                completion: completionOf(operation, (path) => (consoleLog = path)),
                console,
                shutdownTimeout: spec.shutdownTimeout,
            }),
        );
        if (done) completed = consoleLog;
        else await during("start", operation.held?.holdAgain() ?? Promise.resolve());
        if (decision.resume) await during("start", adjustResumed(operation));
    } else {
        await during("prepare", adjust(operation, existing, desired, decision.live));
    }
    if (!decision.prove) return completed;
    if (spec.readiness) context.log(`${spec.name}: waiting for ${describe(spec.readiness)}`);
    const guest = { host, info, spec, console, readConsole };
    await during("ready", waitReady(guest));
    await during("ready", context.watch?.((seconds) => stayReady(guest, seconds)) ?? Promise.resolve());
    return completed;
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
async function finish(operation: Operation, completed: string | undefined): Promise<Observation> {
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
    await release(host, operation.entries, entriesOf(spec));
    const final = finalMark(operation);
    // Both only read: by ssh, one script does it.
    const [consoleLog] =
        completed === undefined
            ? await Promise.all([operation.console.path(), operation.held?.assertHeld({ defined: decision.define })])
            : [completed];
    const releasing = operation.held && isFresh(operation) ? releaseEarly(operation.held) : undefined;
    if (completed === undefined && !sameMark(written, final)) await mark(operation, final);
    await releasing;
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
