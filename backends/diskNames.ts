import { createHash } from "node:crypto";
import type { BlockSpec } from "../model";

/** Part of the name of a persist disk's file, which holds data of the user. */
const PERSIST = ".persist.";
/** Part of the name of the file that a persist disk had before a reseed. */
const KEPT = ".kept.";

/** Matches the file of a persist disk, of any seeding: the disk's name, then a hash of the `reseed` text. */
export const PERSIST_FILE = /^(.*)\.persist\.(?:[0-9a-f]{8}\.)?(?:img|qcow2)$/;

type Named = Pick<BlockSpec, "name">;

/**
 * Return the base name of each block's files on the host, without digest and extension, in the order of the blocks.
 * Check ensures that the name of a persist disk is unique. When two other blocks share a name, the later one gets a
 * number here. A persist disk of a guest from release 0.1.0 may have such a number, and keeps it.
 */
export function diskNames(blocks: Named[]): string[] {
    return blocks.map(({ name }, index) => {
        const taken = blocks.slice(0, index).filter((other) => other.name === name).length;
        return fileName(taken ? `${name}\0${taken}` : name);
    });
}

/** Return a name that the host's file layer accepts. Different names stay different. */
function fileName(name: string): string {
    if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(name)) return name;
    return `disk-${createHash("sha256").update(name).digest("hex").slice(0, 16)}-${name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 40)}`;
}

/**
 * Return the file name of a persist disk that is seeded now.
 * @param diskName as `diskNames` returns it
 * @param reseed the text that requested this seeding, if any: each seeding has a file of its own
 */
export function persistFile(diskName: string, format: BlockSpec["format"], reseed?: string): string {
    const seeding = reseed === undefined ? "" : `${createHash("sha256").update(reseed).digest("hex").slice(0, 8)}.`;
    return `${diskName}${PERSIST}${seeding}${format === "qcow2" ? "qcow2" : "img"}`;
}

/** Return the file names that a persist disk may have: it keeps the format that it was seeded in. */
export function persistFiles(diskName: string, reseed?: string): string[] {
    return [persistFile(diskName, "raw", reseed), persistFile(diskName, "qcow2", reseed)];
}

/** Return whether a file holds the data of this persist disk, of any seeding. */
export function isFileOf(diskName: string, file: string): boolean {
    return PERSIST_FILE.exec(file)?.[1] === diskName;
}

/** Return the name under which a former file of a persist disk is kept; the number grows with each. */
export function keptFile(diskName: string, number: number, former: string): string {
    return `${diskName}${KEPT}${number}.${former.endsWith(".qcow2") ? "qcow2" : "img"}`;
}

/** Return the number of a kept file of this disk; undefined for any other name. */
export function keptNumber(diskName: string, file: string): number | undefined {
    const number = file.startsWith(`${diskName}${KEPT}`)
        ? /^(\d+)\.(img|qcow2)$/.exec(file.slice(diskName.length + KEPT.length))?.[1]
        : undefined;
    return number === undefined ? undefined : Number(number);
}

/** Return whether a file holds data of the user: no update and no plain delete removes it. */
export function isPersist(name: string): boolean {
    return PERSIST_FILE.test(name);
}
