import type { Shown, ShownGuest } from "../../core/commands";
import { renderSeconds } from "../duration";
import { type Cell, renderTable, type Shape } from "../table";

const HEADING = ["NAME", "STATE", "HOST", "UPTIME", "ADDRESSES", "MEMORY", "LAST CHANGE"];
/** ECMA-48: 31 red, 32 green, 33 yellow. */
const COLOURS: Record<ShownGuest["state"], number> = {
    running: 32,
    paused: 33,
    saved: 33,
    stopped: 33,
    missing: 31,
    unknown: 31,
};

/** Render the table for people. @param now milliseconds, for ages */
export function renderList({ hosts, guests }: Shown, shape: Shape, now: number = Date.now()): string {
    if (guests.length === 0) return "no guests";
    const labels = hostLabels(hosts);
    const rows = guests.map((guest): Cell[] => [
        guest.name,
        { text: guest.state, colour: COLOURS[guest.state] },
        guest.connection === undefined ? "(secret)" : (labels.get(guest.connection) ?? guest.connection),
        guest.uptime === undefined ? "-" : renderSeconds(guest.uptime),
        guest.ipAddresses.filter(Boolean).join(", ") || "-",
        guest.memory === undefined ? "-" : `${guest.memory} MiB`,
        lastChange(guest, now),
    ]);
    return renderTable([HEADING, ...rows], shape);
}

/** Return the name of each host, or its connection where it did not answer or another host has its name. */
function hostLabels(hosts: Shown["hosts"]): Map<string, string> {
    const names = hosts.map(({ hostname }) => hostname);
    return new Map(
        hosts.map(({ connection, hostname }) => [
            connection,
            hostname === undefined || names.filter((name) => name === hostname).length > 1 ? connection : hostname,
        ]),
    );
}

function lastChange({ lastChange: { at, consequence, unfinished }, problem }: ShownGuest, now: number): string {
    const then = at === undefined ? Number.NaN : Date.parse(at);
    const age = Number.isNaN(then) ? undefined : `${renderSeconds((now - then) / 1000)} ago`;
    const what = unfinished ? `${unfinished}, not ended` : consequence;
    return [age, what, problem].filter((part) => part !== undefined).join(": ") || "-";
}

/** Render the document of `--json`. */
export function renderJson(shown: Shown): string {
    return JSON.stringify(shown, null, 2);
}
