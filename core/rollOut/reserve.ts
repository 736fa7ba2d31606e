import type { SeenMember } from "../../backends";
import { logicalName, type MemberRollOut, UnikernelError } from "../../model";

interface Stopping {
    urn: string;
    index: number;
    rollOut: MemberRollOut;
}

interface Sibling {
    index: number;
    urn: string;
}

/** Why a member may not be stopped now. */
export interface Refusal {
    /** Also without the members that this run has stopped: waiting for them is of no use. */
    lacking: boolean;
    error(): UnikernelError;
}

const SHOWN = 3;

/**
 * Decide whether a member of a fleet may be stopped, by what the hosts say of the others. Pure.
 * @param changing URNs of the members that this run has stopped, and that are not back yet
 */
export function judge(
    { urn, index, rollOut }: Stopping,
    siblings: Sibling[],
    { members, unasked }: { members: SeenMember[]; unasked: string[] },
    changing: ReadonlySet<string>,
): "stop" | Refusal {
    const { maxUnavailable, minInService, replicas, fleet } = rollOut;
    const seen = new Map<string, SeenMember>();
    // A guest that serves on one host counts, whatever has its mark on another.
    for (const one of members) if (!seen.has(one.urn) || one.trouble === undefined) seen.set(one.urn, one);
    const serves = ({ urn: other }: Sibling): boolean =>
        !changing.has(other) && seen.has(other) && seen.get(other)!.trouble === undefined;
    const serving = siblings.filter(serves);
    const found = siblings.filter((one) => seen.has(one.urn)).map((one) => one.index);
    const highest = unasked.length > 0 ? replicas : Math.max(index, ...found);
    const down = siblings.filter(
        (one) =>
            !serves(one) &&
            !changing.has(one.urn) &&
            !rollOut.idle.includes(one.index) &&
            !seen.get(one.urn)?.unmade &&
            // Members are added at the end: there, one that no host has is not made yet.
            (seen.has(one.urn) || one.index < highest),
    );
    const stays = minInService ?? 0;
    if (down.length + changing.size < maxUnavailable && serving.length >= stays) return "stop";
    const whole = serving.length + changing.size;
    const tooFew = serving.length < stays;
    const lines = down.slice(0, SHOWN).map((one) => {
        const name = logicalName(one.urn);
        const trouble = seen.get(one.urn)?.trouble;
        if (trouble !== undefined) return `${name} ${trouble}`;
        return unasked.length > 0 ? `${name} is on no host that could be asked` : `${name} is on no host`;
    });
    const more = down.length - lines.length;
    const others = `${lines.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
    const limit = tooFew
        ? `${serving.length} of ${replicas} members of ${fleet} would be in service, and minInService is ${stays}`
        : `${fleet} may have ${maxUnavailable} out of service at once`;
    return {
        lacking: down.length >= maxUnavailable || whole < stays,
        error: () =>
            new UnikernelError(
                "not-ready",
                `${logicalName(urn)} is not stopped, and stays as it is: ${limit}${others ? `; ${others}` : ""}${unasked.map((why) => `; ${why}`).join("")}`,
                { hint: hintFor(down, seen, unasked) },
            ),
    };
}

function hintFor(down: Sibling[], seen: ReadonlyMap<string, SeenMember>, unasked: string[]): string {
    const first = down.find((one) => seen.has(one.urn)) ?? down[0];
    if (unasked.length > 0) return "make that host answer, and run pulumi up again";
    if (!first) return "raise replicas, or lower minInService";
    if (seen.get(first.urn)?.notServing)
        return `restart it first: pulumi up --target '${first.urn}' where this change restarts it, else pulumi up --target-replace '${first.urn}'; then run pulumi up again`;
    return `bring it back first: pulumi up --refresh --target '${first.urn}'; then run pulumi up again`;
}
