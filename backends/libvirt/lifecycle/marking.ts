import { hasCode } from "../../../spec";
import { renderDomain } from "../devices";
import type { Mark } from "../model";
import { descriptionsIn, keepForeign, renderMark } from "../xml";
import type { Course } from "./course";
import { unprovenLastGood } from "./decide";
import { union } from "./reservations";
import { unfinishedMark, withLastGood } from "./wanted";

/** The mark is the final one at once where nothing has to be proven. */
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

/** While addresses change, the old entries and the new ones are ours. */
export function withEntries(before: Mark, { entries, wanted }: Course): Mark {
    const reservations = union([...(wanted.mark.reservations ?? []), ...entries]);
    return reservations.length > 0 ? { ...before, reservations } : before;
}

/** What other tools and people have written about the domain stays with it. */
export function definitionOf(course: Course): string {
    const {
        wanted,
        existing: { record },
    } = course;
    return keepForeign(renderDomain(wanted.model, interimMark(course)), record?.inactiveXml);
}

/** Write the description where the definition or what runs has another one. One that is not declared is not managed. */
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
        // It may have ended in between: then there is nothing live to write to.
        if (hasCode(error, "unreachable") || !active || (await host.domains.state(spec.uuid))?.active) throw error;
        await host.domains.setMetadata(spec.uuid, value, { live: false, config: true });
    }
}
