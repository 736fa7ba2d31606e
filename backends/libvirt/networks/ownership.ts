import { UnikernelError } from "../../../model";
import type { Creator } from "../../hostReports";
import type { AppliedNetwork } from "../../networks";
import { isSameCreator } from "../lifecycle/ownership/ownership";
import type { NetworkDefinition } from "../networkModel";

/** The facts that decide, together with the mark on the host, whether a network is ours to create. */
export interface Claim {
    urn: string;
    uuid: string;
    creator: Creator;
    adopt: boolean;
    /** State has it already, or a note proves that a create of it was interrupted. */
    proven: boolean;
}

/** Check that a create may take a network that is there. @throws UnikernelError `not-ours` */
export function assertTakeable(found: NetworkDefinition, { urn, uuid, creator, adopt, proven }: Claim): void {
    const what = `network ${found.name} (${found.uuid})`;
    const { mark } = found;
    if (found.uuid !== uuid && !adopt)
        throw notOurs(`${what} has this name already`, "choose another name, or set adopt: true to take it over");
    if (!mark) {
        if (adopt) return;
        throw notOurs(
            `${what} does not carry the mark of this package`,
            "set adopt: true to take it over, or choose another name",
        );
    }
    if (mark.urn !== urn) throw notOurs(`${what} belongs to ${mark.urn}`, "choose another name");
    if (adopt) return;
    if (isSameCreator(mark.creator, creator) && (proven || mark.phase === "creating")) return;
    throw notOurs(
        `${what} was made by ${mark.creator.user}@${mark.creator.machine} for the same project, stack and name, and is not in this stack's state`,
        "if that stack or resource was renamed since: run pulumi up where it is now, then here again; only if the state of this stack was lost: set adopt: true",
    );
}

/** Check that a network in state is still ours. @throws UnikernelError `not-ours` */
export function assertOwned(found: NetworkDefinition, applied: AppliedNetwork, urn = applied.urn): void {
    const what = `network ${found.name} (${found.uuid})`;
    if (found.uuid !== applied.uuid)
        throw notOurs(
            `${what} is not the one in state (${applied.uuid}): another program made it`,
            "pulumi state delete takes the network out of this stack's state",
        );
    const { mark } = found;
    if (!mark) {
        if (applied.imported) return;
        throw notOurs(
            `${what} does not carry the mark of this package any more: another program defined it`,
            "set adopt: true to take it over again",
        );
    }
    if (![urn, applied.urn, applied.imported?.urn].includes(mark.urn))
        throw notOurs(
            `${what} belongs to ${mark.urn}`,
            "pulumi state delete takes the network out of this stack's state",
        );
    if (mark.incarnation !== undefined && mark.incarnation !== applied.incarnation)
        throw notOurs(`${what} was taken over by ${mark.creator.user}@${mark.creator.machine}`, "set adopt: true");
}

function notOurs(summary: string, hint: string): UnikernelError {
    return new UnikernelError("not-ours", summary, { hint });
}
