import { basename, dirname } from "node:path";

import { type GuestPlan, UnikernelError } from "../../../../model";
import type { Applied } from "../../../backend";
import { definitionDigest } from "../../devices";
import type { DomainRecord } from "../../host";
import type { DomainFacts, Mark } from "../../model";
import { MARK_VERSION } from "../../xml";

/** Every URN under which a guest in state may be known. */
export function urnsOf({ urn }: { urn: string }, applied: Applied): string[] {
    return [...new Set([urn, applied.urn, ...(applied.imported?.urn === undefined ? [] : [applied.imported.urn])])];
}

/** What state remembers of an import, for a domain without a mark: so the first update treats it as any guest of ours. */
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

/** The definition is the one that was imported. */
export function isAsImported(facts: DomainFacts | undefined, { imported }: Applied): boolean {
    return imported !== undefined && facts !== undefined && definitionDigest(facts) === imported.definition;
}

/** A disk is copied whole, or not at all: never while the guest that is there writes to it. */
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

/** Files of the guest's own folder from which its program declares it: it would not be whole without them at the next check. */
export function ownSources({ spec: { uuid, kernel, initrd }, blockFiles }: GuestPlan): string[] {
    return [kernel, initrd, ...blockFiles].flatMap((path) =>
        path !== undefined && basename(dirname(path)) === uuid ? [basename(path)] : [],
    );
}
