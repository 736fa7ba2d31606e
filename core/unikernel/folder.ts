import { containsUnknown } from "../handlers";
import type { StoredInputs } from "./inputs";
import type { Pair } from "./pair";

type Placed = Pick<StoredInputs, "folder" | "host" | "name" | "blocks">;

/** The folders of a guest whose files are elsewhere than the configuration of this run says; undefined where they are not, or where one is not known. */
function change(old: Partial<Placed>, next: Placed): { from: string; to: string } | undefined {
    // Another host has folders of its own.
    if (old.folder === undefined || next.folder === undefined || old.folder === next.folder || old.host !== next.host)
        return undefined;
    return { from: old.folder, to: next.folder };
}

/** The difference that a preview shows; the update itself refuses to go on. */
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

/** Return what a preview says of a folder that is not the guest's: which disks it is about, and what to do. */
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
