import { createHash } from "node:crypto";
import type { BlockSpec } from "../spec";

/** Marks the file of a disk that holds data of the user. */
const PERSIST = ".persist.";
/** Marks the file that such a disk had before it began again. */
const KEPT = ".kept.";

/** The file of a persist disk, of whichever seeding: the disk's name, then a hash of the text that asked for the seeding. */
export const PERSIST_FILE = /^(.*)\.persist\.(?:[0-9a-f]{8}\.)?(?:img|qcow2)$/;

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

/**
 * The file of a persist disk that is seeded now.
 * @param diskName as `diskNames` gives it
 * @param reseed the text that asked for this seeding, where one did: each has a file of its own
 */
export function persistFile(diskName: string, format: BlockSpec["format"], reseed?: string): string {
    const seeding = reseed === undefined ? "" : `${createHash("sha256").update(reseed).digest("hex").slice(0, 8)}.`;
    return `${diskName}${PERSIST}${seeding}${format === "qcow2" ? "qcow2" : "img"}`;
}

/** The files that a persist disk may have: it keeps the format that it was seeded in. */
export function persistFiles(diskName: string, reseed?: string): string[] {
    return [persistFile(diskName, "raw", reseed), persistFile(diskName, "qcow2", reseed)];
}

/** Whether a file holds the data of a persist disk, of whichever seeding. */
export function isFileOf(diskName: string, file: string): boolean {
    return PERSIST_FILE.exec(file)?.[1] === diskName;
}

/** A former file of a persist disk, kept under a number that grows with each. */
export function keptFile(diskName: string, number: number, former: string): string {
    return `${diskName}${KEPT}${number}.${former.endsWith(".qcow2") ? "qcow2" : "img"}`;
}

/** The number of a kept file of this disk; undefined for every other name. */
export function keptNumber(diskName: string, file: string): number | undefined {
    const number = file.startsWith(`${diskName}${KEPT}`)
        ? /^(\d+)\.(img|qcow2)$/.exec(file.slice(diskName.length + KEPT.length))?.[1]
        : undefined;
    return number === undefined ? undefined : Number(number);
}

/** Data of the user that no update and no plain delete removes. */
export function isPersist(name: string): boolean {
    return PERSIST_FILE.test(name);
}
