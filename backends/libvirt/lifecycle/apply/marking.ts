import { hasCode } from "../../../../model";
import { renderDomain } from "../../devices";
import type { Mark } from "../../model";
import { descriptionsIn, keepForeign, renderMark } from "../../xml";
import { recorded, recordedIn, union } from "../network/entries";
import { unprovenLastGood } from "./decide";
import type { Operation } from "./operation";
import { unfinishedMark, withLastGood } from "./wanted";

/**
 * Return the mark for the definition before the guest is proven. It is already the final one if nothing is started or
 * proven.
 *
 * A guest that is started gets its final mark after the start, also without readiness: a run that was killed before it
 * leaves a domain that never ran. Marked ready, it would count as complete: a sweep would keep it, a create without the
 * note of the killed one would refuse it, one with the note would not seed its disks again, and a failed update would
 * go back to it.
 */
export function interimMark(operation: Operation): Mark {
    const { decision, desired } = operation;
    const interim =
        decision.start || decision.prove ? unfinishedMark(desired, operation, decision.lastGood) : finalMark(operation);
    return withEntries(operation.held ? { ...interim, claim: operation.held.token } : interim, operation);
}

export function finalMark({
    existing,
    decision,
    plan: {
        bootDigest,
        spec: { state },
    },
    desired,
}: Operation): Mark {
    return withLastGood(
        desired.mark,
        unprovenLastGood(existing, decision, {
            bootDigest,
            state,
            seeds: desired.layout.puts.some(({ seed }) => seed),
        }),
    );
}

/** Return a mark that records both old and new entries of networks: during a change of addresses, both are ours. */
export function withEntries(before: Mark, { entries, desired }: Operation): Mark {
    return { ...before, ...recorded(union([...recordedIn(desired.mark), ...entries])) };
}

/** Return the XML to define. Keeps what other programs and people have added to the domain. */
export function definitionOf(operation: Operation): string {
    const {
        desired,
        existing: { record },
    } = operation;
    return keepForeign(renderDomain(desired.model, interimMark(operation)), record?.inactiveXml);
}

/**
 * Write the description where the definition or the running domain has another one. An undeclared one is not managed.
 */
export async function describeDomain(operation: Operation): Promise<void> {
    const { description } = operation.plan.spec;
    const { record } = operation.existing;
    if (description === undefined) return;
    const written = descriptionsIn(record?.liveXml, record?.inactiveXml);
    if (written.length === 0 || written.some((text) => text !== description))
        await setMetadata(operation, { description });
}

export async function mark(operation: Operation, value: Mark, active?: boolean): Promise<void> {
    await setMetadata(operation, renderMark(value), active);
}

async function setMetadata(
    { host, plan: { spec } }: Operation,
    value: string | { description: string },
    active = spec.state !== "stopped",
): Promise<void> {
    try {
        await host.domains.setMetadata(spec.uuid, value, { live: active, config: true });
    } catch (error) {
        // The domain may have ended meanwhile: then write only to its configuration.
        if (hasCode(error, "unreachable") || !active || (await host.domains.state(spec.uuid))?.active) throw error;
        await host.domains.setMetadata(spec.uuid, value, { live: false, config: true });
    }
}
