import { type Backend, type HostConsequences, hasHostConsequences } from "../../../backends";
import type { BlockSpec } from "../../../model";
import { isUnknown } from "../../handlers";
import type { StoredInputs } from "../inputs";
import { hostName } from "../place";
import { sentence } from "./consequence";
import type { Difference } from "./diff";
import { noteCheck, noteEmptyCheck } from "./replacing";

// Loaded when first used: few runs look into an image.
const images = () => require("../../../images") as typeof import("../../../images");

/** Decides the consequence of a change. */
export type ConsequenceSource = Pick<Backend, "consequences"> & Partial<HostConsequences>;

/**
 * Return the sentence for inputs: `create`; the changes; or, when nothing changed, the last sentence again, since
 * otherwise every second run would differ.
 * @param changes by the platform's table
 */
export async function consequenceOfCheck(
    olds: Partial<StoredInputs>,
    next: Omit<StoredInputs, "consequence">,
    changes: Difference[],
    consequenceSource: ConsequenceSource,
): Promise<string> {
    if (olds.uuid === undefined) return noteEmptyCheck(next.urn) ?? created(next);
    const consequence = await consequenceOfChange(olds, next, changes, consequenceSource);
    noteCheck(next.urn, consequence);
    return consequence;
}

/** A preview names the host where the program leaves the choice. */
function created(next: Partial<StoredInputs>): string {
    const host = hostName(next);
    return host === undefined ? "create" : `create on ${host}`;
}

async function consequenceOfChange(
    olds: Partial<StoredInputs>,
    next: Omit<StoredInputs, "consequence">,
    changes: Difference[],
    consequenceSource: ConsequenceSource,
): Promise<string> {
    // The first update of an imported guest restarts it, whatever the change.
    const found = olds.imported
        ? changes
        : await onHost(consequenceSource, olds, { ...next, consequence: "" }, changes);
    if (found.length === 0) return olds.consequence ?? "";
    const files = await filesOf(found, olds.blocks ?? [], next.blocks);
    return `${sentence(found, ({ property }) => files.get(property))}${discards(olds, found) ? " (the saved memory image is discarded)" : ""}`;
}

/** Return the differences with their consequence on this host, which may be another than the table's. */
async function onHost(
    consequenceSource: ConsequenceSource,
    former: Partial<StoredInputs>,
    declared: StoredInputs,
    found: Difference[],
): Promise<Difference[]> {
    if (!hasHostConsequences(consequenceSource) || isUnknown(declared.connection)) return found;
    return Promise.all(
        found.map(async (one) =>
            one.unknown ? one : { ...one, ...(await consequenceSource.consequenceOnHost(declared, one, former)) },
        ),
    );
}

/** A restart with another boot cannot use the memory image that the host kept. */
function discards({ state }: Partial<StoredInputs>, found: Difference[]): boolean {
    return state === "saved" && found.some(({ consequence, unknown }) => consequence === "restart" && !unknown);
}

/**
 * Return the changed files of each data image that differs, by property; known only where both images were built on
 * this machine.
 */
async function filesOf(found: Difference[], before: BlockSpec[], after: BlockSpec[]): Promise<Map<string, string[]>> {
    const files = new Map<string, string[]>();
    for (const { property, note } of found) {
        const index = Number(/^blocks\[(\d+)\]$/.exec(property)?.[1] ?? NaN);
        const [old, next] = [before[index], after[index]];
        if (!old || !next || note || old.digest === next.digest || isUnknown(next.digest) || old.mount !== next.mount)
            continue;
        const [from, to] = await Promise.all([images().loadManifest(old.digest), images().loadManifest(next.digest)]);
        const names = from && to ? images().changedFiles(from, to) : [];
        const mount = next.mount?.replace(/\/+$/, "") ?? property;
        if (names.length > 0)
            files.set(
                property,
                names.map((name) => `${mount}/${name}`),
            );
    }
    return files;
}
