import type { Creator } from "../backends";
import { backend, type HostNetworks, hostNetworks } from "../backends";
import { printable } from "../model";
import type { Handlers } from "./handlers";
import { withHashLog } from "./hashLog";
import { networkInterfaceHandlers } from "./networkInterface";
import { redactedHandlers } from "./secrets/redaction";
import { unikernelHandlers } from "./unikernel";

export { closeHosts } from "../backends";
export { maskIn } from "../guests";
export { logicalName } from "../model";
export { currentOutputs } from "./blockImage/stored";
export {
    configurationShape,
    defaultsFor,
    environmentSettings,
    type Limits,
    limitsOf,
    parseSettings,
} from "./configuration";
export type { FunctionName, FunctionShape } from "./functions/schema";
export type { DiffResult, Handlers, PropertyChange } from "./handlers";
export { containsUnknown, isUnknown, UNKNOWN } from "./handlers";
export { defaultName, hashOf, uuidOf } from "./identity";
export { keyFromSeed } from "./secrets/digestKeys";
export { unikernelHandlers } from "./unikernel";

// Loaded when first used.
const images = () => require("./blockImage") as typeof import("./blockImage");
const rollOuts = () => require("./rollOut") as typeof import("./rollOut");
const networkRoom = () => require("./network") as typeof import("./network");
const functions = () => require("./functions") as typeof import("./functions");

/** Return the arguments and results of each function. */
export const functionShapes = () =>
    (require("./functions/schema") as typeof import("./functions/schema")).functionShapes;

/** Call a function by name: see `functions/`. */
export const callFunction: ReturnType<typeof functions>["callFunction"] = (...args) =>
    functions().callFunction(...args);

/** Return the connection of a KVM guest that names none. */
export function defaultConnection(): string {
    return backend("kvm").defaultConnection();
}

/** The services that the lifecycles need from their process. */
export interface World {
    creator: Creator;
    /** Print a line for the user. */
    log(message: string): void;
    /**
     * Cancels the operation, with a reason. Objects that exist by then are in state, or the next run takes them over.
     */
    signal?: AbortSignal;
    /** Return whether the engine was asked to replace this resource, which is then in state. */
    isReplaced?(urn: string): boolean;
    /** Networks of hosts; left out: those of `openHost`. */
    networks?: HostNetworks;
}

/** Return the lifecycle of every kind of resource. */
export function resourceHandlers({
    creator,
    signal,
    isReplaced,
    networks,
    ...world
}: World): Record<"unikernel" | "blockImage" | "networkInterface" | "network" | "fleetRollOut", Handlers> {
    // Much of the text comes from hosts and guests.
    const log = (message: string): void => {
        world.log(printable(message));
    };
    return {
        unikernel: withHashLog(unikernelHandlers({ backend, creator, log, signal, isReplaced }), log),
        get blockImage() {
            return withHashLog(images().blockImageHandlers({ log, isReplaced }), log);
        },
        networkInterface: redactedHandlers(networkInterfaceHandlers()),
        get fleetRollOut() {
            return rollOuts().fleetRollOutHandlers();
        },
        get network() {
            return networkRoom().networkHandlers({
                networks: networks ?? hostNetworks(),
                defaultConnection,
                creator,
                log,
                signal,
                isReplaced,
            });
        },
    };
}
