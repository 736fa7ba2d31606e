import { createHash } from "node:crypto";
import type { BlockSpec } from "../spec";

/** Marks the file of a disk that holds data of the user. */
const PERSIST = ".persist.";

type Named = Pick<BlockSpec, "name">;

/**
 * The name of each block's files on the host, without digest and ending, in the order of the blocks.
 * Check makes the name of a persist disk unique. Of two other blocks with one name the later one gets a number here; in
 * guests of release 0.1.0 a persist disk may have such a number, and keeps it.
 */
export function diskNames(blocks: Named[]): string[] {
    return blocks.map(({ name }, index) => {
        const taken = blocks.slice(0, index).filter((other) => other.name === name).length;
        return fileName(taken ? `${name}\0${taken}` : name);
    });
}

/** A name that the host's file layer takes; two different names never become one. */
function fileName(name: string): string {
    if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(name)) return name;
    return `disk-${createHash("sha256").update(name).digest("hex").slice(0, 16)}-${name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 40)}`;
}

/** The file of a persist disk that is seeded now. @param diskName as `diskNames` gives it */
export function persistFile(diskName: string, format: BlockSpec["format"]): string {
    return `${diskName}${PERSIST}${format === "qcow2" ? "qcow2" : "img"}`;
}

/** The files that a persist disk may have: it keeps the format that it was seeded in. */
export function persistFiles(diskName: string): string[] {
    return [`${diskName}${PERSIST}img`, `${diskName}${PERSIST}qcow2`];
}

/** Data of the user that no update and no plain delete removes. */
export function isPersist(name: string): boolean {
    return /\.persist\.(img|qcow2)$/.test(name);
}
