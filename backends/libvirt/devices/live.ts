import type { Host } from "../host";
import type { DomainFacts, DomainModel } from "../model";
import type { LiveChange } from "./device";
import { hypervisorOf } from "./hypervisor";
import { DEVICES } from "./list";

const CHANGES: Record<string, LiveChange> = Object.assign({}, ...DEVICES.map(({ live }) => live));

/**
 * Return whether a guest can take a difference in a property while it runs.
 * @param unbridged networks without a bridge, of those that an interface leaves or comes to
 */
export function changesLive(
    property: string,
    running: DomainFacts,
    wanted: DomainFacts,
    unbridged: string[] = [],
): boolean {
    return changeOf(property)?.possible({ running, wanted, hypervisor: hypervisorOf(running), unbridged }) ?? false;
}

/** Return whether a guest can take it right after it went on from its saved memory. */
export function changesAfterSave(property: string, saved: DomainFacts, wanted: DomainFacts): boolean {
    return changeOf(property)?.afterSave === true && changesLive(property, saved, wanted);
}

/** Make the changes of some properties in what runs. */
export async function changeLive(
    host: Host,
    uuid: string,
    properties: string[],
    change: { running?: DomainFacts; wanted: DomainFacts; model: DomainModel },
): Promise<void> {
    for (const [property, { make }] of Object.entries(CHANGES))
        if (properties.includes(property)) await make(host, uuid, change);
}

function changeOf(property: string): LiveChange | undefined {
    return Object.hasOwn(CHANGES, property) ? CHANGES[property] : undefined;
}
