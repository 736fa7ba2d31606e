import type { LeftDomain, LeftFolder, Leftovers } from "../../backends";
import { logicalName, stackOf } from "../../model";
import type { KnownStack } from "./states";

/**
 * `left`: may be removed. `busy`: a create may be working on it. `kept`: complete, so a renamed stack may own it.
 * `unknown`: it belongs to a stack whose state was not given.
 */
export type Verdict = "left" | "busy" | "kept" | "unknown";

/** An object on a host that none of the given states has. */
export interface Leftover {
    kind: "domain" | "folder" | "reservation";
    verdict: Verdict;
    /** Description for display. */
    what: string;
    /** The owner's project, where it is known. */
    project?: string;
    stack?: string;
    /** Logical name of its unikernel or interface. */
    resource?: string;
    /** Data files in it, which stay unless the user asks to delete them. */
    data: string[];
    /** The object on the host. */
    thing: LeftDomain | LeftFolder | Leftovers["reservations"][number];
}

/**
 * Return the objects of no given state, with the verdict on each.
 * @param ownerOf returns the URN for which an interface's MAC was made
 */
export async function classify(
    { domains, folders = [], reservations }: Leftovers,
    states: KnownStack[],
    ownerOf: (mac: string) => Promise<string | undefined>,
): Promise<Leftover[]> {
    const inState = (uuid: string): boolean => states.some(({ uuids }) => uuids.has(uuid));
    const given = (urn: string | undefined): boolean =>
        urn !== undefined &&
        states.some((state) => {
            const owner = stackOf(urn);
            return owner?.project === state.project && owner.stack === state.stack;
        });
    const found: Leftover[] = [];
    for (const thing of domains.filter(({ uuid }) => !inState(uuid))) {
        const whole = thing.phase !== "creating";
        // A complete guest without its state is not a leftover.
        if (whole && !given(thing.urn)) continue;
        const verdict = !given(thing.urn) ? "unknown" : whole ? "kept" : thing.abandoned ? "left" : "busy";
        found.push({
            kind: "domain",
            verdict,
            what: `domain ${thing.name} (${thing.uuid}), ${thing.phase}`,
            ...named(thing.urn),
            data: thing.data,
            thing,
        });
    }
    for (const thing of folders.filter(({ uuid }) => !inState(uuid))) {
        const verdict = !given(thing.urn) ? "unknown" : thing.abandoned ? "left" : "busy";
        found.push({
            kind: "folder",
            verdict,
            what: `folder ${thing.uuid} without a domain, ${thing.files.length} files`,
            ...named(thing.urn),
            data: thing.data,
            thing,
        });
    }
    for (const thing of reservations) {
        const owner = await ownerOf(thing.mac);
        const idle = states.find(({ idleMacs }) => idleMacs.has(thing.mac));
        // An administrator made an entry that no record names.
        if ((owner === undefined && !idle) || states.some(({ macs }) => macs.has(thing.mac))) continue;
        const verdict = idle || given(owner) ? "left" : "unknown";
        const whose = owner === undefined ? { project: idle?.project, stack: idle?.stack } : named(owner);
        found.push({
            kind: "reservation",
            verdict,
            what: `reservation of ${thing.address} for ${thing.mac} on network ${thing.network}`,
            ...whose,
            data: [],
            thing,
        });
    }
    return found;
}

function named(urn: string | undefined): { project?: string; stack?: string; resource?: string } {
    return urn === undefined ? {} : { ...stackOf(urn), resource: logicalName(urn) };
}
