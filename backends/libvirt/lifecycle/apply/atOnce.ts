import { renderMark } from "../../xml";
import { entriesOf } from "../network/reservations";
import type { GuestClaim } from "../ownership/claim";
import type { Completion } from "../power/start";
import { finalMark } from "./marking";
import type { Operation } from "./operation";

/**
 * Return whether nothing of the guest exists, and it needs nothing but files, a definition and a start, on a host that
 * is far away: then what does not depend on each other is sent at once.
 */
export function isFresh({ host, held, existing, entries, plan: { spec }, decision }: Operation): boolean {
    return (
        held !== undefined &&
        host.files.batch !== undefined &&
        existing.record === undefined &&
        existing.files.length === 0 &&
        decision.define &&
        [...entries, ...entriesOf(spec)].length === 0
    );
}

/** Return what completes a create with the resume of its guest, where nothing is left to do but its mark. */
export function completionOf(operation: Operation, path: (consoleLog: string) => void): Completion | undefined {
    const {
        held,
        plan: { spec },
    } = operation;
    if (!held || !isFresh(operation) || spec.readiness || spec.autostart || spec.description !== undefined)
        return undefined;
    return {
        mark: renderMark(finalMark(operation)),
        assertHeld: () => held.assertHeld({ defined: true }),
        beside: async () => {
            // Without it, the path is asked for again at the end, where a failure undoes nothing.
            const [consoleLog] = await Promise.all([operation.console.path().catch(() => ""), releaseEarly(held)]);
            path(consoleLog);
        },
    };
}

/**
 * Release the claim of a create whose last change, its mark, is sent at the same time (0013). A create that finds no
 * claim reads the guest again after it has its own.
 */
export async function releaseEarly(held: GuestClaim): Promise<void> {
    // A claim that cannot be removed ends with this process.
    await held.release().catch(() => undefined);
}
