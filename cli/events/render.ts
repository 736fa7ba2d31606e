import type { Shown, ShownEvent, ShownGuest } from "../../core/commands";
import { printable } from "../../model";
import { renderSeconds } from "../duration";
import { type Cell, renderTable, type Shape } from "../table";

const HEADING = ["NAME", "HOST", "LAST EVENT", "WHEN"];

/** Render what happened last to each guest. */
export function renderLast({ guests }: Shown, json: boolean, shape: Shape): string {
    if (json) return guests.map((guest) => `${JSON.stringify(lastOf(guest))}\n`).join("");
    if (guests.length === 0) return "no guests\n";
    const rows = guests.map((guest): Cell[] => [
        guest.name,
        guest.connection ?? "(secret)",
        guest.lastEvent ? words(guest.lastEvent) : guest.state,
        hasTime(guest) ? `${renderSeconds(guest.uptime)} ago` : "-",
    ]);
    return `${renderTable([HEADING, ...rows], shape)}\n`;
}

function lastOf({ uuid, name, connection, project, stack, resource, lastEvent, state }: ShownGuest): object {
    return { uuid, name, connection, project, stack, resource, state, ...lastEvent };
}

/** Only of a boot the time is known: no host keeps that of other events. */
function hasTime(guest: ShownGuest): guest is ShownGuest & { uptime: number } {
    return guest.uptime !== undefined && guest.lastEvent?.event === "started" && guest.lastEvent.reason === "booted";
}

/** Render one event as a line. */
export function renderEvent(event: ShownEvent, json: boolean): string {
    if (json) return `${JSON.stringify(event)}\n`;
    const { at, name, connection } = event;
    return `${printable([at, name, words(event), connection].join("  "))}\n`;
}

function words({ event, reason }: { event: string; reason?: string }): string {
    return reason === undefined ? event : `${event}: ${reason}`;
}
