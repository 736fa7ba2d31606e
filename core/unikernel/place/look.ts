import type { HostCapacity, HostPlatform } from "../../../backends";
import { abortable, detached, firstLineOf } from "../../../model";

/** What is known of a host, or why nothing is. */
export type Look = { facts: HostCapacity } | { reason: string };

/** A host that did not answer may be back. Milliseconds. */
const FAILURE_MS = 60_000;

const looks = new WeakMap<HostPlatform, Map<string, Promise<Look>>>();

/**
 * Look at a host once in a run: its free memory is that of the run's beginning, from which the run's own guests are
 * subtracted. One that does not answer is asked again after a minute, so that it delays a run of many guests once.
 */
export function lookAt(backend: HostPlatform, connection: string): Promise<Look> {
    const known = looks.get(backend) ?? new Map<string, Promise<Look>>();
    looks.set(backend, known);
    const look = known.get(connection) ?? detached(() => ask(backend, connection, known));
    known.set(connection, look);
    return abortable(look);
}

async function ask(backend: HostPlatform, connection: string, known: Map<string, Promise<Look>>): Promise<Look> {
    try {
        return { facts: await backend.capacity(connection) };
    } catch (error) {
        setTimeout(() => known.delete(connection), FAILURE_MS).unref();
        return { reason: `cannot be reached: ${firstLineOf(error)}` };
    }
}
