/** The parts of the lifecycle that ask a host or change it. */
export { remove } from "./apply/delete";
export { ensure } from "./apply/ensure";
export { consequenceOfMove } from "./apply/moves";
export { consequenceOfAddress } from "./network/addressChange";
export { release } from "./network/reservations";
export { takenNames } from "./network/takenNames";
export { consoleTail, describeGuest } from "./observe/describeGuest";
export { fleetMembers } from "./observe/fleetMembers";
export { guestOutput } from "./observe/guestOutput";
export { importGuest } from "./observe/import";
export { listGuests } from "./observe/listGuests";
export { observe } from "./observe/observe";
export { watchGuests } from "./observe/watchGuests";
export { urnOfDomain } from "./ownership/domainUrn";
export { urnsOf } from "./ownership/imported";
export { leftovers } from "./sweep/leftovers";
export { sweep } from "./sweep/sweep";
