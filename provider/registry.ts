import { createHash } from "node:crypto";
import { hostname, userInfo } from "node:os";
import type { Handlers } from "../core";
import { resourceHandlers } from "../core";
import type { ResourceKind } from "./trampoline";

let handlers: Record<ResourceKind, Handlers> | undefined;

/** The logging and cancellation of one call. */
export interface Call {
    log(message: string): void;
    signal?: AbortSignal;
    /** Return whether the engine was asked to replace this resource. */
    isReplaced?(urn: string): boolean;
}

/**
 * Return the handlers of a kind of resource.
 * @param call left out: messages go to standard error, and nothing cancels the call
 */
export function handlersOf(kind: ResourceKind, call?: Call): Handlers {
    if (call) return resourceHandlers({ creator: currentCreator(), ...call })[kind];
    handlers ??= resourceHandlers({ creator: currentCreator(), log: (message) => console.error(message) });
    return handlers[kind];
}

/** Return the creator of this run's objects. The folder is hashed, because other users may read it on the hosts. */
function currentCreator() {
    return {
        user: userName(),
        machine: hostname(),
        project: createHash("sha256").update(process.cwd()).digest("hex").slice(0, 16),
    };
}

/** A container may run under an id without an account. */
function userName(): string {
    try {
        return userInfo().username;
    } catch {
        return String(process.getuid?.() ?? "unknown");
    }
}
