import { closeHosts } from "../../core";
import { showGuests, watchEvents } from "../../core/commands";
import { type PlaceOptions, placesOf } from "../places";
import { untilSignal } from "../signals";
import type { Streams } from "../terminal";
import { renderEvent, renderLast } from "./render";

export interface EventsOptions extends PlaceOptions {
    /** Go on as things happen. @default false: what happened last to each guest */
    follow?: boolean;
    /** Print one JSON document for each event. @default false */
    json?: boolean;
}

/**
 * Print what happened last to each guest, or, with `follow`, what happens from now on.
 * @returns the exit code
 */
export async function events(
    { follow = false, json = false, ...options }: EventsOptions,
    streams: Streams,
): Promise<number> {
    const say = (text: string): void => streams.error(`${text}\n`);
    return untilSignal(async (signal) => {
        try {
            const places = await placesOf(options);
            if (!follow) {
                const shown = await showGuests(places.connections, places.stack);
                streams.out(renderLast(shown, json, streams));
                const silent = shown.hosts.flatMap(({ error }) => error ?? []);
                silent.forEach(say);
                return silent.length === 0 ? 0 : 1;
            }
            const sink = {
                event: (event: Parameters<typeof renderEvent>[0]) => streams.out(renderEvent(event, json)),
                listening: (connection: string) => say(`listening to ${connection}`),
                lost: (connection: string, { message }: Error) =>
                    say(`${message}\n${connection}: events are missed until it answers again`),
            };
            await watchEvents(places, sink, signal);
            return 0;
        } finally {
            await closeHosts();
        }
    });
}
