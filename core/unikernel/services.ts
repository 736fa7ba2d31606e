import type { Backend, Context, Creator } from "../../backends";
import type { Platform } from "../../model";
import { declares } from "./check/claims";

/** The services that the lifecycle of a unikernel needs from its process. */
export interface UnikernelServices {
    /** Return the backend of a platform. @throws UnikernelError `unsupported` where this release has none */
    backend(platform: Platform): Backend;
    creator: Creator;
    /** Print a line for the user. */
    log(message: string): void;
    /** Cancels the operation. */
    signal?: AbortSignal;
    /**
     * Return whether the engine was asked to replace this resource, which is then in state although no check shows it.
     */
    isReplaced?(urn: string): boolean;
}

export function contextOf({ creator, log, signal }: UnikernelServices): Context {
    return { creator, log, signal, declares };
}
