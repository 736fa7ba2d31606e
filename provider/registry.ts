import { createHash } from "node:crypto";
import { hostname, userInfo } from "node:os";
import type { Handlers } from "../core";
import { resourceHandlers } from "../core";
import type { ResourceKind } from "./trampoline";

let handlers: Record<ResourceKind, Handlers> | undefined;

/** How one call speaks to the person at the terminal, and how it is told to end. */
export interface Call {
    log(message: string): void;
    signal?: AbortSignal;
    /** Whether the engine was told to replace this resource. */
    isReplaced?(urn: string): boolean;
}

/**
 * The handlers of a kind of resource: the one place that says what exists.
 * @param call left out: they speak on standard error, and end by themselves
 */
export function handlersOf(kind: ResourceKind, call?: Call): Handlers {
    if (call) return resourceHandlers({ creator: whoWeAre(), ...call })[kind];
    handlers ??= resourceHandlers({ creator: whoWeAre(), log: (message) => console.error(message) });
    return handlers[kind];
}

/** Who makes the objects of this run. The folder itself is not written down on hosts that others may read. */
function whoWeAre() {
    return {
        user: userName(),
        machine: hostname(),
        project: createHash("sha256").update(process.cwd()).digest("hex").slice(0, 16),
    };
}

/** A container may run under an id that no account has. */
function userName(): string {
    try {
        return userInfo().username;
    } catch {
        return String(process.getuid?.() ?? "unknown");
    }
}
