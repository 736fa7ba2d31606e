import type { Creator } from "../backends";
import { backend } from "../backends";
import { printable } from "../spec";
import { blockImageHandlers } from "./blockImage";
import { discreetHandlers } from "./discretion";
import type { Handlers } from "./handlers";
import { networkInterfaceHandlers } from "./networkInterface";
import { unikernelHandlers } from "./unikernel";

export {
    bootLoaders,
    bootProbe,
    closeHosts,
    type HostFacts,
    inspectDom0,
    inspectHost,
    libraryVersion,
    type XenFacts,
} from "../backends";
/** Text with `[secret]` in place of values. */
export { maskIn } from "../guests";
export { logicalName } from "../spec";
export {
    configurationShape,
    defaultsFor,
    environmentSettings,
    type Limits,
    limitsOf,
    parseSettings,
} from "./configuration";
export { keyFromSeed } from "./digestKeys";
export { callFunction, type FunctionName, type FunctionShape, functionShapes } from "./functions";
export type { CheckFailure, DiffResult, Handlers, PropertyChange } from "./handlers";
export { containsUnknown, isUnknown, UNKNOWN } from "./handlers";
export { defaultName, hashOf, uuidOf } from "./identity";
export {
    countLeftovers,
    findLeftovers,
    type Leftover,
    readStates,
    removeLeftover,
    type Verdict,
} from "./sweep";
export { unikernelHandlers } from "./unikernel";

/** The connection of a KVM guest that names none. */
export function defaultConnection(): string {
    return backend("kvm").defaultConnection();
}

/** What the lifecycles need from the process that they run in. */
export interface World {
    creator: Creator;
    /** A line for the person at the terminal. */
    log(message: string): void;
    /** Ends what is being waited for, with its reason; what is there by then is in state, or taken up by the next run. */
    signal?: AbortSignal;
    /** Whether the engine was told to replace this resource, which is in state then. */
    isReplaced?(urn: string): boolean;
}

/** The lifecycle of every resource. */
export function resourceHandlers({
    creator,
    signal,
    isReplaced,
    ...world
}: World): Record<"unikernel" | "blockImage" | "networkInterface", Handlers> {
    // Much of it was said by hosts and guests.
    const log = (message: string): void => {
        world.log(printable(message));
    };
    return {
        unikernel: unikernelHandlers({ backend, creator, log, signal, isReplaced }),
        blockImage: blockImageHandlers({ log, isReplaced }),
        networkInterface: discreetHandlers(networkInterfaceHandlers()),
    };
}
