import { basename } from "node:path";
import { diskNames } from "../../../backends";
import type { BlockSpec } from "../../../model";
import type { Nameable } from "./nameable";

/** A block in state. */
export interface FormerDisk {
    block: BlockSpec;
    place: number;
    /** The image's logical name or the file's base name; `block.name` may differ from it. */
    base: string;
    /** Base name of its files on the host. */
    disk: string;
    /** The name that a program gives to keep the same files. */
    keep: string;
}

export function formerDisks(olds: BlockSpec[]): FormerDisk[] {
    const disks = diskNames(olds);
    const keep = namesToKeep(olds.map(({ name }) => name));
    return olds.map((block, place) => ({
        block,
        place,
        base: baseOf(block, olds.slice(0, place)),
        disk: disks[place]!,
        keep: keep[place]!,
    }));
}

function baseOf({ name, path, image, digest }: BlockSpec, earlier: BlockSpec[]): string {
    if (image !== undefined) return image;
    if (path !== undefined) return baseOfPath(path, name);
    // In state of release 0.1.0, the second block of one image has a number after its name.
    const [, base] = /^(.+)-\d+$/.exec(name) ?? [];
    return base !== undefined &&
        earlier.some((other) => other.name === base && other.path === undefined && other.digest === digest)
        ? base
        : name;
}

/** A file in a guest's own folder is named without the digest that ends its name (blocks.ts). */
function baseOfPath(path: string, name: string): string {
    const [, before] = /^(.+)-[0-9a-f]{16}\.(?:img|qcow2)$/.exec(basename(path)) ?? [];
    return before !== undefined &&
        (name === before || name.startsWith(`${before}-`)) &&
        !name.startsWith(basename(path))
        ? before
        : basename(path);
}

/** Where two blocks have one name, each keeps its files by the file name, which a program may also give. */
function namesToKeep(names: string[]): string[] {
    const disks = diskNames(names.map((name) => ({ name })));
    return names.map((name, place) => (names.indexOf(name) === place ? name : disks[place]!));
}

/**
 * Return the names under which release 0.1.0 keeps the data of these blocks: it numbered equal base names of all kinds
 * of disks.
 */
export function namesOfFirstRelease(blocks: Nameable[]): string[] {
    const seen = new Map<string, number>();
    const names = blocks.map(({ base = "", given }) => {
        const count = (seen.get(base) ?? 0) + 1;
        seen.set(base, count);
        return given ?? (count === 1 ? base : `${base}-${count}`);
    });
    return namesToKeep(names);
}
