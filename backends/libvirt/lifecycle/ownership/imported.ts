import { basename, dirname } from "node:path";

import { type GuestPlan, UnikernelError } from "../../../../model";
import type { Applied } from "../../../backend";
import { definitionDigest } from "../../devices";
import type { DomainRecord } from "../../host";
import type { DomainFacts, Mark } from "../../model";
import { MARK_VERSION } from "../../xml";

/** Return every URN that the mark of a guest in state may have. */
export function urnsOf({ urn }: { urn: string }, applied: Applied): string[] {
    return [...new Set([urn, applied.urn, ...(applied.imported?.urn === undefined ? [] : [applied.imported.urn])])];
}

/**
 * Return a mark for an imported domain that has none, from state: so the first update treats it like every other guest.
 */
export function importedMark(applied: Applied | undefined): Mark | undefined {
    if (!applied?.imported) return undefined;
    const { definition, shutdown } = applied.imported;
    return {
        schemaVersion: MARK_VERSION,
        urn: applied.urn,
        bootDigest: applied.bootDigest ?? "",
        definition,
        phase: "ready",
        since: "",
        ...(shutdown ? { shutdown: true } : {}),
    };
}

/** Return whether the definition is the imported one, unchanged. */
export function isAsImported(facts: DomainFacts | undefined, { imported }: Applied): boolean {
    return imported !== undefined && facts !== undefined && definitionDigest(facts) === imported.definition;
}

/** Throw where a disk would be copied while the running guest writes to it. */
export function assertNotWritten(
    { record, liveFacts }: { record?: DomainRecord; liveFacts?: DomainFacts },
    { spec, blockFiles }: GuestPlan,
): void {
    const written = liveFacts?.disks.filter(({ readonly }) => !readonly).map(({ path }) => path) ?? [];
    const index = spec.blocks.findIndex(({ path }, at) => path !== undefined && written.includes(blockFiles[at] ?? ""));
    if (!record?.active || index < 0) return;
    throw new UnikernelError("in-use", `the guest that runs may be writing to ${blockFiles[index]}`, {
        property: `blocks[${index}].path`,
        hint: `virsh shutdown ${record.name}; then run pulumi up again: it copies the disk, and starts the guest with the copy`,
    });
}

/** Return the files in the guest's own folder that its program declares as sources: the next check needs them. */
export function ownSources({ spec: { uuid, kernel, initrd }, blockFiles }: GuestPlan): string[] {
    return [kernel, initrd, ...blockFiles].flatMap((path) =>
        path !== undefined && basename(dirname(path)) === uuid ? [basename(path)] : [],
    );
}
