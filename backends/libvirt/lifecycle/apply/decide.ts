import type { SeenState } from "../../../../model";
import { changesAfterSave, changesLive, differences } from "../../devices";
import type { DomainFacts, Mark } from "../../model";
import { type Existing, stateOf } from "../existing";

/** The guest as the plan wants it. */
export interface DesiredState {
    facts: DomainFacts;
    bootDigest: string;
    state: SeenState;
}

/** The steps from the existing guest to the desired one. */
export interface Decision {
    /** Write the definition. */
    define: boolean;
    /** Stop the running guest. */
    stop: boolean;
    start: boolean;
    /** Resume the saved memory image: it belongs to the desired guest. */
    resume: boolean;
    /** Remove the saved memory image before anything is defined: it belongs to another boot than the desired one. */
    discard: boolean;
    /** Properties that differ in the running guest and can change while it runs. */
    live: string[];
    /** Wait until it is ready. */
    prove: boolean;
    /** The definition for a rollback; undefined when no definition became ready before, or none is replaced. */
    lastGood?: string;
}

export interface Findings extends Existing {
    /**
     * The kernel's file has another content, from which the running guest may have booted. A missing file is only
     * written again.
     */
    kernelReplaced: boolean;
    /** The console says that an unproven guest has ended. */
    ended: boolean;
    /** The running guest did not get its configuration. */
    unconfigured?: boolean;
    /** Networks without a bridge, among those that an interface leaves or joins. */
    unbridged?: string[];
    /** Addresses of changed reservations that the guest of the last boot does not have: it gets them at its next boot. */
    missingAddresses?: string[];
}

/**
 * Return the steps of a create or an update. The host decides, and not the announced change: so a run that was killed
 * anywhere is continued, and a change by another program is undone.
 */
export function decide(found: Findings, desired: DesiredState): Decision {
    const { record, mark, facts, liveMark, liveFacts } = found;
    const active = record?.active ?? false;
    const off = desired.state === "stopped";
    const asksAgain = (found.missingAddresses ?? []).length > 0;
    const define =
        // A boot for another address writes the definition too, since a rollback returns to a definition.
        (asksAgain && active && !off) ||
        !facts ||
        mark?.bootDigest !== desired.bootDigest ||
        differences(facts, desired.facts).length > 0;
    const live = active && liveFacts ? differences(liveFacts, desired.facts) : [];
    const fit =
        liveFacts !== undefined &&
        liveMark?.bootDigest === desired.bootDigest &&
        !found.kernelReplaced &&
        !found.ended &&
        !found.unconfigured &&
        !asksAgain &&
        record !== undefined &&
        stateOf(record) !== "stopped" &&
        live.every((property) => changesLive(property, liveFacts, desired.facts, found.unbridged));
    const saved = savedImage(found, desired);
    const restart = active && !off && !fit;
    const start = !off && (!active || restart);
    return {
        define,
        start,
        stop: active && (off || restart),
        resume: start && saved?.fit === true,
        discard: saved?.fit === false,
        live: saved?.fit && start ? saved.live : restart || off ? [] : live,
        prove: desired.state === "running" && (start || !isProven(mark)),
        lastGood: lastGood(found, define),
    };
}

/**
 * Compare the guest in the saved memory image with the desired one, as a running guest is compared. Where the image
 * cannot be read (libxl), its definition is compared, although libvirt allows changes of it while an image exists.
 */
function savedImage(found: Findings, desired: DesiredState): { fit: boolean; live: string[] } | undefined {
    if (!found.record?.saved || found.record.active) return undefined;
    const mark = found.savedMark ?? found.mark;
    const facts = found.savedFacts ?? found.facts;
    const live = facts ? differences(facts, desired.facts) : [];
    return {
        live,
        fit:
            facts !== undefined &&
            mark?.bootDigest === desired.bootDigest &&
            !found.kernelReplaced &&
            (found.missingAddresses ?? []).length === 0 &&
            live.every((property) => changesAfterSave(property, facts, desired.facts)),
    };
}

function lastGood({ record, mark, facts }: Existing, define: boolean): string | undefined {
    if (!record || !facts) return undefined;
    // A domain without a mark is adopted, and its definition worked for its owner.
    if (mark === undefined || isProven(mark)) return define ? record.inactiveXml : undefined;
    return mark.lastGood;
}

/**
 * Return whether a guest of the definition has become ready: one that was written for a stopped or paused guest has
 * not.
 */
function isProven(mark: Mark | undefined): boolean {
    return mark?.phase === "ready" && mark.lastGood === undefined;
}

/**
 * Return the definition to keep at the end: the last good one, until a guest of the new one has become ready.
 * @param wanted `seeds`: a persist disk is seeded again, which is no part of the boot digest
 */
export function unprovenLastGood(
    { mark }: Existing,
    { lastGood: before }: Pick<Decision, "lastGood">,
    desired: Pick<DesiredState, "bootDigest" | "state"> & { seeds?: boolean },
): string | undefined {
    if (desired.state === "running" || (isProven(mark) && mark?.bootDigest === desired.bootDigest && !desired.seeds))
        return undefined;
    return before;
}

/** Return whether the first create of the guest never finished: removing it loses nothing. */
export function isLeftover(mark: Mark | undefined): boolean {
    return mark !== undefined && mark.phase !== "ready" && mark.lastGood === undefined;
}
