import { randomBytes } from "node:crypto";
import { UnikernelError } from "../../../../model";
import type { Creator } from "../../../backend";
import type { Mark } from "../../model";

/** The facts that decide, together with the mark on the host, whether a guest is ours. */
export interface Claim {
    /** URNs under which the guest may be known: the program's, and the one in state where they differ. */
    urns: string[];
    /** Undefined when unknown: it then equals no other creator. */
    creator?: Creator;
    /** Take it over from another creator, or without a mark. */
    adopt: boolean;
    /** The guest is in state: any user of the state may change it. */
    inState: boolean;
    /** A note in the user's cache proves that a create of this guest was interrupted. */
    interrupted?: boolean;
    /** It got into state by an import, which takes a guest from any owner, as `adopt` does. */
    imported?: boolean;
}

/** A domain with our uuid. */
export interface Found {
    name: string;
    uuid: string;
    /** The mark for the next boot, else that of the running domain. */
    mark?: Mark;
}

/**
 * Check that a domain is ours. Throws `not-ours` if it is not.
 * State proves ownership: many people and machines may share a stack, so the creator is compared only where the guest
 * is not in state, or where another creator took it by `adopt`.
 */
export function assertOurs({ name, uuid, mark }: Found, claim: Claim, now = Date.now()): void {
    const what = `domain ${name} (${uuid})`;
    if (!mark) {
        if (claim.adopt) return;
        throw new UnikernelError("not-ours", `${what} does not carry the mark of this package`, {
            hint: "set adopt: true to take it over, or remove that domain",
        });
    }
    if (!claim.urns.includes(mark.urn)) {
        throw new UnikernelError("not-ours", `${what} belongs to ${mark.urn}`, {
            hint: claim.inState
                ? "an import took it over: take it out of this stack's state with pulumi state delete"
                : "leave that domain; run pulumi up again: this one then gets a uuid and a name of its own",
        });
    }
    if (mayTakeOver(mark, claim, now)) return;
    if (!claim.inState && isSameCreator(mark.creator, claim.creator)) {
        throw new UnikernelError(
            "not-ours",
            `${what} was made for the same project, stack and name, but is not in this stack's state`,
            {
                hint:
                    "if that stack or resource was renamed since: run pulumi up where it is now, then here again, and this one gets a uuid and a name of its own; " +
                    "only if the state of this stack was lost: set adopt: true",
            },
        );
    }
    throw new UnikernelError(
        "not-ours",
        claim.inState
            ? `${what} was taken over by ${creatorText(mark.creator)}`
            : `${what} was made by ${creatorText(mark.creator)} for the same project, stack and name`,
        { hint: "set adopt: true" },
    );
}

function mayTakeOver(mark: Mark, { creator, adopt, inState, imported, interrupted }: Claim, now: number): boolean {
    // A guest that was never complete is in state only after a reported error. Release 0.1.0 left no notes.
    const unfinished = mark.phase === "creating";
    if (adopt || imported || ((inState || interrupted || unfinished) && isSameCreator(mark.creator, creator)))
        return true;
    if (inState) return !mark.disowned?.some((other) => isSameCreator(other, creator));
    return unfinished && mark.deadline !== undefined && Date.parse(mark.deadline) < now;
}

/** Return the creators that no longer own a guest after this creator takes it. */
export function disown(
    mark: Mark | undefined,
    { creator, inState, imported }: Pick<Claim, "creator" | "inState" | "imported">,
): Creator[] {
    // Release 0.1.0 wrote an empty creator here for a guest that was imported without a mark.
    const before = mark?.disowned?.filter((other) => other.user !== "" && !isSameCreator(other, creator)) ?? [];
    // A creator who shares our state stays an owner. The stand-in for the mark of an imported guest has no creator.
    if (!mark?.creator || (inState && !imported) || isSameCreator(mark.creator, creator)) return before;
    return [...before, mark.creator];
}

/**
 * Return the generation of a guest. A create that adopts an existing guest starts a new one: engines may create a
 * replacement before they delete, even some runs earlier, and that delete must not remove the new guest.
 */
export function generationOf(mark: Mark | undefined, { inState }: Pick<Claim, "inState">): string | undefined {
    return mark && !inState ? randomBytes(4).toString("hex") : mark?.incarnation;
}

/** Return whether the existing guest is the one in this state, not one that a later create has adopted. */
export function isSameGeneration(
    mark: Mark | undefined,
    { incarnation: generation }: { incarnation?: string },
): boolean {
    return mark?.incarnation === undefined || mark.incarnation === generation;
}

/** Return whether both creators are known and equal. */
export function isSameCreator(one: Creator | undefined, other: Creator | undefined): boolean {
    return (
        one !== undefined &&
        other !== undefined &&
        one.user === other.user &&
        one.machine === other.machine &&
        one.project === other.project
    );
}

function creatorText(creator: Creator | undefined): string {
    return creator ? `${creator.user}@${creator.machine}` : "an unknown person";
}
