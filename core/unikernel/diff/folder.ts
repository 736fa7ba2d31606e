import { containsUnknown } from "../../handlers";
import type { StoredInputs } from "../inputs";
import type { Pair } from "./pair";

type Placed = Pick<StoredInputs, "folder" | "host" | "name" | "blocks">;

/**
 * Return the old and the new folder of a guest's files, where the configuration of this run names another one;
 * undefined when it does not, or when one of them is not known.
 */
function change(old: Partial<Placed>, next: Placed): { from: string; to: string } | undefined {
    // Another host has its own folders.
    if (old.folder === undefined || next.folder === undefined || old.folder === next.folder || old.host !== next.host)
        return undefined;
    return { from: old.folder, to: next.folder };
}

/** The difference for the preview; the update itself is refused. */
export function* folderPairs(old: Partial<Placed>, next: Placed): Generator<Pair> {
    const found = change(old, next);
    if (!found) return;
    yield {
        property: "folder",
        ...found,
        consequence: "live",
        note: `folder (its files are in ${found.from}, the configured folder is ${found.to})`,
    };
}

/** Return the preview's warning about a changed folder: the disks concerned, and what to do. */
export function folderWarning(old: Partial<Placed>, next: Placed): string | undefined {
    const found = change(old, next);
    if (!found) return undefined;
    const disks = Array.isArray(old.blocks)
        ? old.blocks.flatMap(({ name, access }) => (access === "persist" && !containsUnknown(name) ? [name] : []))
        : [];
    return (
        `the files of ${next.name}${disks.length ? ` (persist disks: ${disks.join(", ")})` : ""} are below ${found.from}, and the configured folder is ${found.to}: ` +
        `an update is refused, and a replacement begins with new, empty disks there. Set PULUMI_UNIKERNEL_DIR or unikernel:folder to ${found.from} to keep them`
    );
}
