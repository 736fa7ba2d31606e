import { forgetNotes } from "./notes";
import { Turns } from "./turns";

export { fleetRollOutHandlers } from "./handlers";
export { type MemberChange, type Note, noteDifference, noteMember, noteOf } from "./notes";
export type { Member, Seen } from "./turns";
export { Turns } from "./turns";

/** The roll-outs of this run. */
export let turns = new Turns();

/** Start another run of the engine, for tests. */
export function forgetRollOuts(): void {
    forgetNotes();
    turns = new Turns();
}
