import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { isUnknown } from "../../handlers";
import type { StoredInputs } from "../inputs";

/** Files whose content is taken from state, although the arguments name them. */
export interface KeptFiles {
    /** The digest in state of a kernel or an initial ramdisk that is not read; undefined: it is read. */
    digestOf(property: "kernel" | "initrd"): string | undefined;
    /** The same for the file of a disk, and its format. */
    blockOf(path: string): { digest: string; format: StoredInputs["blocks"][number]["format"] } | undefined;
}

/**
 * Return the files that only state names, by `ignoreChanges`: their content is on the host. Where a change of content is
 * to be ignored (`*`), none is read; otherwise those that are absent here.
 * @param kept arguments whose values come from state
 */
export function keptFiles(values: Record<string, unknown>, olds: Partial<StoredInputs>, kept: unknown): KeptFiles {
    const names: unknown[] = Array.isArray(kept) ? kept : [];
    const isKept = (property: string, path: unknown): boolean =>
        typeof path === "string" &&
        !isUnknown(path) &&
        (names.includes("*") || (names.includes(property) && !existsSync(resolve(path))));
    return {
        digestOf: (property) =>
            values[property] === olds[property] && isKept(property, values[property])
                ? olds.digests?.[property] || undefined
                : undefined,
        blockOf: (path) =>
            isKept("blocks", path) && Array.isArray(olds.blocks)
                ? olds.blocks.find((old) => old.path === path)
                : undefined,
    };
}
