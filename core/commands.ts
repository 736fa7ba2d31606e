/** A second door, for commands: a run of the engine loads nothing of it. */
export { sshCommand } from "../backends";
export {
    bootLoaders,
    bootProbe,
    type HostFacts,
    inspectDom0,
    inspectHost,
    libraryVersion,
    type XenFacts,
} from "../backends/inspection";
export { countLeftovers, findLeftovers, type Leftover, readStates, removeLeftover, type Verdict } from "./sweep";
export {
    type AskedHost,
    findGuest,
    guestsOfStack,
    readOutput,
    type Shown,
    type ShownEvent,
    type ShownGuest,
    type StackGuests,
    showGuests,
    watchEvents,
} from "./view";
