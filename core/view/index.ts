/** What the commands show of the guests of a stack, or of a host. */
export { type ShownEvent, watchEvents } from "./events";
export { type Found, findGuest } from "./find";
export { type AskedHost, type Shown, type ShownGuest, showGuests } from "./list";
export { readOutput } from "./output";
export { guestsOfStack, type StackGuests, type StateGuest } from "./stack";
