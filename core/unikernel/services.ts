import type { Backend, Context, Creator } from "../../backends";
import type { Platform } from "../../spec";
import { declares } from "./claims";

/** What the lifecycle of a unikernel needs from the world. */
export interface UnikernelServices {
    /** Throws `unsupported` for a platform that this release does not have. */
    backend(platform: Platform): Backend;
    creator: Creator;
    /** A line for the person at the terminal. */
    log(message: string): void;
    /** Ends what is being waited for. */
    signal?: AbortSignal;
    /** Whether the engine was told to replace this resource: it is in state, although no check shows it. */
    isReplaced?(urn: string): boolean;
}

export function contextOf({ creator, log, signal }: UnikernelServices): Context {
    return { creator, log, signal, declares };
}
