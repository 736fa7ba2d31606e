import { setTimeout as sleep } from "node:timers/promises";
import { type Backends, backends, type GuestEvent } from "../../backends";
import { logicalName, stackOf } from "../../model";
import { hostAt } from "../functions/connection";
import type { StackGuests } from "./stack";

/** Milliseconds before a host that was lost is asked again. */
const AGAIN_MS = 2000;

/** What happened to a guest of ours. */
export interface ShownEvent extends Omit<GuestEvent, "urn"> {
    connection: string;
    project?: string;
    stack?: string;
    /** Its name in the program. */
    resource?: string;
}

export interface EventSink {
    event(event: ShownEvent): void;
    /** Every later event of this host is reported. */
    listening(connection: string): void;
    /** Until `listening`, events of this host are missed. */
    lost(connection: string, error: Error): void;
}

/**
 * Report what happens to the guests of a stack on all its hosts, or to all with this package's mark on the given hosts,
 * until the signal. A host that is lost is asked again, and hides no other.
 */
export async function watchEvents(
    { connections, stack }: { connections: string[]; stack?: StackGuests },
    sink: EventSink,
    signal: AbortSignal,
    services: { backends: Backends } = { backends },
): Promise<void> {
    const uris = new Set([...connections, ...(stack?.guests ?? []).flatMap(({ connection }) => connection ?? [])]);
    await Promise.all([...uris].map((uri) => watchHost(uri, stack, sink, signal, services)));
}

async function watchHost(
    connection: string,
    stack: StackGuests | undefined,
    sink: EventSink,
    signal: AbortSignal,
    services: { backends: Backends },
): Promise<void> {
    const uuids = new Set(stack?.guests.map(({ uuid }) => uuid));
    const listener = {
        ready: () => sink.listening(connection),
        event: ({ urn, ...event }: GuestEvent) => {
            const of = stackOf(urn);
            const ofStack = of?.stack === stack?.owner?.stack && of?.project === stack?.owner?.project;
            if (stack && !uuids.has(event.uuid) && !ofStack) return;
            sink.event({ ...event, connection, ...of, resource: logicalName(urn) });
        },
    };
    let lost = false;
    while (!signal.aborted) {
        try {
            await hostAt(connection, services).backend.watchGuests(
                connection,
                {
                    ...listener,
                    ready: () => {
                        lost = false;
                        listener.ready();
                    },
                },
                signal,
            );
        } catch (error) {
            if (signal.aborted) return;
            if (!lost) sink.lost(connection, error as Error);
            lost = true;
            await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
        }
    }
}
