import type { RollOut } from "../../model";
import type { Note } from "./notes";

/** A fleet before its change, as far as this run knows it. */
export interface Planned extends RollOut {
    fleet: string;
    replicas: number;
    /** How many members state has; more than `replicas` where the fleet becomes smaller. */
    former: number;
    /** The members that were checked in this run, by index. */
    notes: ReadonlyMap<number, Pick<Note, "change" | "inService" | "inState" | "runs">>;
}

export interface Forecast {
    /** The line that a person reads; empty where nothing changes. */
    line: string;
    /** Why `minInService` does not hold. */
    problem?: string;
}

/** Seconds that a restart counts in the estimate, beside the waits that the fleet asks for. */
const RESTART_S = 10;
const SHOWN = 5;

/** Return what a change means for a fleet: how many members it stops, in which steps, and how many stay in service. Pure. */
export function forecast(planned: Planned): Forecast {
    const { fleet, replicas, former, notes, maxUnavailable, minInService } = planned;
    const indexes = Array.from({ length: replicas }, (_, index) => index);
    const known = indexes.flatMap((index) => notes.get(index) ?? []);
    const counted = (change: Note["change"]): number => known.filter((one) => one.change === change).length;
    const stops = known.filter(({ change }) => change === "restart" || change === "replace");
    const stopped = stops.filter(({ inService }) => inService).length;
    const down = indexes.filter((index) => isDown(notes.get(index)));
    const before = known.filter(({ inState, inService }) => inState && inService).length;
    const kept = before - Math.min(Math.max(maxUnavailable - down.length, 0), stopped);
    const unchecked = indexes.filter((index) => !notes.has(index));
    const named = (list: number[]): string => namesOf(fleet, list);
    const parts: string[] = [];
    if (unchecked.length > 0 && stopped > 0)
        parts.push(
            `budget not provable: ${named(unchecked)} ${unchecked.length === 1 ? "is" : "are"} no part of this run`,
        );
    if (stops.length > 0) {
        const what = [plural(counted("restart"), "restart"), plural(counted("replace"), "replacement")].flatMap(
            (one) => one ?? [],
        );
        const reserve = unchecked.length > 0 || stopped === 0 ? "" : `, at least ${kept} of ${replicas} in service`;
        parts.push(
            `${what.join(" and ")}: ${stepsOf(planned, stops.length)}${reserve}; about ${duration(secondsOf(planned, stops.length))}`,
        );
    }
    if (down.length >= maxUnavailable && stopped > 0)
        parts.push(
            `${named(down)} ${down.length === 1 ? "is" : "are"} not in service: bring ${down.length === 1 ? "it" : "them"} back first (pulumi up --target)`,
        );
    if (counted("create") > 0) parts.push(`create ${counted("create")}, ${maxUnavailable} at a time`);
    const live = counted("live");
    if (live > 0) parts.push(`${live} changed while ${live === 1 ? "it runs" : "they run"}`);
    if (former > replicas)
        parts.push(`removes ${named(Array.from({ length: former - replicas }, (_, index) => replicas + index))}`);
    const problem = minInService === undefined || stopped === 0 ? undefined : problemOf(planned, kept, unchecked);
    return { line: parts.join("; "), ...(problem === undefined ? {} : { problem }) };
}

function isDown(note: Pick<Note, "inService" | "inState" | "runs"> | undefined): boolean {
    return note?.inState === true && note.runs && !note.inService;
}

function problemOf(
    { fleet, replicas, minInService = 0 }: Planned,
    kept: number,
    unchecked: number[],
): string | undefined {
    if (unchecked.length > 0)
        return `the budget is not provable: ${namesOf(fleet, unchecked)} ${unchecked.length === 1 ? "is" : "are"} no part of this run; run it without --target, or leave minInService out`;
    return minInService <= kept
        ? undefined
        : `the roll-out keeps at least ${kept} of ${replicas} in service, and ${minInService} are asked for; lower maxUnavailable or minInService, or raise replicas before`;
}

function stepsOf({ canary, maxUnavailable }: RollOut, stops: number): string {
    const first = Math.min(canary.count, stops);
    const canaries = first === 0 ? "" : `canary ${first}${canary.bake > 0 ? ` (${duration(canary.bake)})` : ""}`;
    const rest = stops === first ? "" : `${Math.min(maxUnavailable, stops - first)} at a time`;
    return [canaries, rest].filter(Boolean).join(", then ");
}

function secondsOf({ canary, maxUnavailable, minReady, pause }: RollOut, stops: number): number {
    const first = Math.min(canary.count, stops);
    const [canaries, batches] = [Math.ceil(first / maxUnavailable), Math.ceil((stops - first) / maxUnavailable)];
    return (
        canaries * (RESTART_S + Math.max(canary.bake, minReady)) +
        batches * (RESTART_S + minReady) +
        Math.max(0, canaries + batches - 1) * pause
    );
}

function duration(seconds: number): string {
    return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function plural(count: number, noun: string): string | undefined {
    return count === 0 ? undefined : `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Return the names of members; of many that follow each other, the first and the last. */
function namesOf(fleet: string, indexes: number[]): string {
    const names = indexes.map((index) => `${fleet}-${index}`);
    if (names.length <= SHOWN) return names.join(", ");
    const follow = indexes.at(-1)! - indexes[0]! === indexes.length - 1;
    return follow
        ? `${names[0]} … ${names.at(-1)}`
        : `${names.slice(0, SHOWN).join(", ")} and ${names.length - SHOWN} more`;
}
