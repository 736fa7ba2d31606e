import { hasCode } from "../../../../model";
import { renderDomain } from "../../devices";
import type { Mark } from "../../model";
import { descriptionsIn, keepForeign, renderMark } from "../../xml";
import { union } from "../network/reservations";
import type { Course } from "./course";
import { unprovenLastGood } from "./decide";
import { unfinishedMark, withLastGood } from "./wanted";

/**
 * Return the mark for the definition before the guest is proven. It is already the final one if there is nothing to
 * prove.
 */
export function interimMark(course: Course): Mark {
    const { decision, wanted } = course;
    const interim =
        decision.start || decision.prove ? unfinishedMark(wanted, course, decision.lastGood) : finalMark(course);
    return withEntries(course.held ? { ...interim, claim: course.held.token } : interim, course);
}

export function finalMark({
    existing,
    decision,
    plan: {
        bootDigest,
        spec: { state },
    },
    wanted,
}: Course): Mark {
    return withLastGood(
        wanted.mark,
        unprovenLastGood(existing, decision, { bootDigest, state, seeds: wanted.layout.puts.some(({ seed }) => seed) }),
    );
}

/** Return a mark that records both old and new DHCP entries: during a change of addresses, both are ours. */
export function withEntries(before: Mark, { entries, wanted }: Course): Mark {
    const reservations = union([...(wanted.mark.reservations ?? []), ...entries]);
    return reservations.length > 0 ? { ...before, reservations } : before;
}

/** Return the XML to define. Keeps what other programs and people have added to the domain. */
export function definitionOf(course: Course): string {
    const {
        wanted,
        existing: { record },
    } = course;
    return keepForeign(renderDomain(wanted.model, interimMark(course)), record?.inactiveXml);
}

/**
 * Write the description where the definition or the running domain has another one. An undeclared one is not managed.
 */
export async function describeDomain(course: Course): Promise<void> {
    const { description } = course.plan.spec;
    const { record } = course.existing;
    if (description === undefined) return;
    const written = descriptionsIn(record?.liveXml, record?.inactiveXml);
    if (written.length === 0 || written.some((text) => text !== description))
        await setMetadata(course, { description });
}

export async function mark(course: Course, value: Mark, active?: boolean): Promise<void> {
    await setMetadata(course, renderMark(value), active);
}

async function setMetadata(
    { host, plan: { spec } }: Course,
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
