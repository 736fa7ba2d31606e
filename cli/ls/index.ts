import { closeHosts } from "../../core";
import { showGuests } from "../../core/commands";
import { type PlaceOptions, placesOf } from "../places";
import type { Streams } from "../terminal";
import { renderJson, renderList } from "./render";

export interface LsOptions extends PlaceOptions {
    /** Print one JSON document instead of a table. @default false */
    json?: boolean;
}

/**
 * List the guests of a stack, or those with this package's mark on hosts. A host that cannot be asked is named, and
 * hides no other.
 *
 * @returns whether every host answered
 */
export async function ls({ json = false, ...places }: LsOptions, streams: Streams): Promise<boolean> {
    try {
        const { connections, stack } = await placesOf(places);
        const shown = await showGuests(connections, stack);
        streams.out(`${json ? renderJson(shown) : renderList(shown, streams)}\n`);
        const silent = shown.hosts.filter(({ error }) => error !== undefined);
        if (!json) for (const { error } of silent) streams.error(`${error}\n`);
        return silent.length === 0;
    } finally {
        await closeHosts();
    }
}
