import * as proto from "@pulumi/pulumi/proto/provider_pb";
import type { PropertyChange } from "../../../core";
import type { ResourceKind } from "../../trampoline";
import type { Properties } from "../wire/codec";
import { textOf } from "../wire/wire";
import { withValues } from "./consequence";
import type { Detail } from "./differences";

const SHOWN = 5;
const { Kind } = proto.PropertyDiff;
const KINDS = {
    add: [Kind.ADD, Kind.ADD_REPLACE],
    delete: [Kind.DELETE, Kind.DELETE_REPLACE],
    update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
} as const;

/**
 * Build the response.
 * @param details empty although something changed: the engine then compares the inputs itself
 * @param replaces names of inputs
 */
export function diffResponse(changed: boolean, details: Detail[], replaces: string[]): proto.DiffResponse {
    const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
    const response = new proto.DiffResponse()
        .setChanges(changed ? DIFF_SOME : DIFF_NONE)
        .setReplacesList(replaces)
        .setDiffsList([...new Set(details.map(({ path }) => String(path[0])))])
        .setHasdetaileddiff(details.length > 0)
        // A replacement is checked with empty olds: creating first would take over the old object and then delete it.
        .setDeletebeforereplace(true);
    for (const { path, kind, replaces: replacing } of details) {
        // Drift is in the outputs alone.
        const inputs = path[0] !== "drift";
        response
            .getDetaileddiffMap()
            .set(textOf(path), new proto.PropertyDiff().setKind(KINDS[kind][replacing ? 1 : 0]).setInputdiff(inputs));
    }
    return response;
}

/**
 * Describe a change in one line: for a unikernel check's sentence with values, for a data image the changed files.
 * @param changes a unikernel's
 * @param secrets names of properties whose values must not be shown
 */
export function describe(
    kind: ResourceKind,
    details: Detail[],
    news: Properties,
    changes: PropertyChange[],
    secrets: string[],
): string | undefined {
    if (kind === "unikernel" || kind === "network" || kind === "fleetRollOut")
        return typeof news.consequence === "string" && news.consequence !== ""
            ? withValues(news.consequence, changes, secrets)
            : undefined;
    if (kind === "networkInterface") return undefined;
    const files = details
        .filter(({ path }) => path[0] === "manifest" && path.length === 2)
        .map(({ path }) => String(path[1]));
    const names =
        files.length > 0
            ? files
            : details.map(({ path }) => textOf(path)).filter((name) => name !== "digest" && name !== "urn");
    const more = names.length - SHOWN;
    return names.length === 0
        ? undefined
        : `rebuild: ${names.slice(0, SHOWN).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
