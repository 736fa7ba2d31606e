import type { SeenState } from "../../../../model";
import { changesAfterSave, changesLive, differences } from "../../devices";
import type { DomainFacts, Mark } from "../../model";
import { type Existing, stateOf } from "../existing";

/** What there has to be in the end. */
export interface DesiredState {
    facts: DomainFacts;
    bootDigest: string;
    state: SeenState;
}

/** What has to be done, from what is there. */
export interface Decision {
    /** Write a definition. */
    define: boolean;
    /** End what runs. */
    stop: boolean;
    start: boolean;
    /** Go on from the saved memory image: it is of the guest that is wanted. */
    resume: boolean;
    /** The saved memory image is of another guest than the one that is wanted: it goes before anything is defined. */
    discard: boolean;
    /** Properties that differ in what runs and can be changed while it does. */
    live: string[];
    /** Wait until it is ready. */
    prove: boolean;
    /** The definition to go back to; undefined when none was ever proven, or nothing is being replaced. */
    lastGood?: string;
}

export interface Findings extends Existing {
    /** Somebody wrote something else into the kernel's file: what runs may have booted from that. A file that is only missing is put back. */
    kernelReplaced: boolean;
    /** The console says that an unproven guest has ended. */
    ended: boolean;
    /** What runs was not told its configuration. */
    unconfigured?: boolean;
    /** Networks without a bridge, of those that an interface leaves or comes to. */
    unbridged?: string[];
}

/**
 * The table behind create and update. It goes by what is there, never by what was meant to happen:
 * so a run that was killed anywhere is continued, and a change behind our back is put right.
 */
export function decide(found: Findings, desired: DesiredState): Decision {
    const { record, mark, facts, liveMark, liveFacts } = found;
    const active = record?.active ?? false;
    const off = desired.state === "stopped";
    const define = !facts || mark?.bootDigest !== desired.bootDigest || differences(facts, desired.facts).length > 0;
    const live = active && liveFacts ? differences(liveFacts, desired.facts) : [];
    const fit =
        liveFacts !== undefined &&
        liveMark?.bootDigest === desired.bootDigest &&
        !found.kernelReplaced &&
        !found.ended &&
        !found.unconfigured &&
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
 * The guest in the saved memory image, as what runs is judged. Where the image itself cannot be read (libxl), the definition
 * stands for it: libvirt refuses no change of that while an image is there.
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
            live.every((property) => changesAfterSave(property, facts, desired.facts)),
    };
}

function lastGood({ record, mark, facts }: Existing, define: boolean): string | undefined {
    if (!record || !facts) return undefined;
    // One without a mark is adopted: whoever made it thought it good.
    if (mark === undefined || isProven(mark)) return define ? record.inactiveXml : undefined;
    return mark.lastGood;
}

/** A definition that came while its guest was to be off or paused is complete, but no guest of it has become ready yet. */
function isProven(mark: Mark | undefined): boolean {
    return mark?.phase === "ready" && mark.lastGood === undefined;
}

/**
 * Return the definition to keep at the end: the last good one, until a guest of the new one has become ready.
 * @param wanted `seeds`: a persist disk begins again, which the boot digest does not say
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

/** Never finished for the first time: nothing is lost with it. */
export function isLeftover(mark: Mark | undefined): boolean {
    return mark !== undefined && mark.phase !== "ready" && mark.lastGood === undefined;
}
