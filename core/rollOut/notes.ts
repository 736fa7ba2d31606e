import type { MemberRollOut } from "../../model";
import { logicalName } from "../../model";
import { fleetKey } from "./urns";

/** What a run does to a member. */
export type MemberChange = "none" | "create" | "live" | "restart" | "replace";

/** A member, as its check in this run found it. */
export interface Note {
    urn: string;
    index: number;
    rollOut: MemberRollOut;
    uuid?: string;
    /** Where its guest may be. */
    connections: string[];
    change: MemberChange;
    /** State has it running and complete. */
    inService: boolean;
    /** It is declared running. */
    runs: boolean;
    /** Some check of this run had it in its olds. */
    inState: boolean;
}

const byFleet = new Map<string, Map<number, Note>>();
const byUrn = new Map<string, Note>();

/**
 * Note a member that is checked. A check without olds that follows one with olds means that the engine replaces the member,
 * for a reason that only the engine knows.
 */
export function noteMember(found: Omit<Note, "index">): void {
    const { fleet } = found.rollOut;
    const index = Number(logicalName(found.urn).slice(fleet.length + 1));
    const key = fleetKey(found.urn, fleet);
    const members = byFleet.get(key) ?? new Map<number, Note>();
    byFleet.set(key, members);
    const before = members.get(index);
    const replaced = !found.inState && before?.inState === true;
    const note: Note = replaced
        ? { ...found, index, change: "replace", inState: true, inService: before.inService, uuid: before.uuid }
        : { ...found, index };
    members.set(index, note);
    byUrn.set(found.urn, note);
}

/** Note that a comparison found what no check can: the guest itself is to be mended. */
export function noteDifference(urn: string): void {
    const note = byUrn.get(urn);
    if (note?.change === "none") note.change = "restart";
}

/** Return the noted members of a fleet by index. */
export function notesOf(key: string): ReadonlyMap<number, Note> {
    return byFleet.get(key) ?? new Map<number, Note>();
}

/** Return the note of a member; undefined where no check of this run had a roll-out for it. */
export function noteOf(urn: string): Note | undefined {
    return byUrn.get(urn);
}

/** Start another run of the engine, for tests. */
export function forgetNotes(): void {
    byFleet.clear();
    byUrn.clear();
}
