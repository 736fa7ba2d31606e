import type { LeftDomain, LeftFolder, Leftovers } from "../../backends";
import { logicalName, stackOf } from "../../spec";
import type { KnownStack } from "./states";

/** `left`: may be removed. `busy`: a create may be at work on it. `kept`: whole, so a stack that was renamed may have it. `unknown`: of no stack whose state was given. */
export type Verdict = "left" | "busy" | "kept" | "unknown";

/** One thing on a host that no given state has. */
export interface Leftover {
    kind: "domain" | "folder" | "reservation";
    verdict: Verdict;
    /** For people: what it is. */
    what: string;
    /** Whose it is, as far as that is known. */
    project?: string;
    stack?: string;
    /** Logical name of its unikernel or interface. */
    resource?: string;
    /** Data in it, which stay unless they are to go too. */
    data: string[];
    /** What the host has. */
    thing: LeftDomain | LeftFolder | Leftovers["reservations"][number];
}

/** Return what belongs to no state that was given, with what may be done to it. @param ownerOf the URN that an interface's MAC was made for */
export async function judge(
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
        // Without its state, a guest that is whole is nothing that was left.
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
        // An entry that no record names is an administrator's.
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
