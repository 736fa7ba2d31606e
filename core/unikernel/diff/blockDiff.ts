import { diskNames, persistFile } from "../../../backends";
import type { BlockSpec } from "../../../model";
import { same } from "../../../model";
import { containsUnknown, isUnknown } from "../../handlers";
import { blockIdentity } from "../inputs";
import type { Pair } from "./pair";

/**
 * A list of disks. Persist disks are compared by name: their index only decides the order in which the guest sees them.
 */
interface Disks {
    list: BlockSpec[];
    names: string[];
    keepLast?: unknown;
}

/** Compare the disks at each index, with a note where data is seeded, moved or left behind. */
export function* blockPairs(old: BlockSpec[], next: BlockSpec[], keepLast?: unknown): Generator<Pair> {
    if (!Array.isArray(next)) return yield { property: "blocks", from: old, to: next };
    const [from, to] = [disksOf(old), { ...disksOf(next), keepLast }];
    for (let index = 0; index < Math.max(old.length, next.length); index++) yield pairAt(index, from, to);
}

function pairAt(index: number, from: Disks, to: Disks): Pair {
    const [before, after] = [from.list[index], to.list[index]];
    const property = `blocks[${index}]`;
    const seeding = newSeeding(index, from, to);
    if (
        !seeding &&
        before?.access === "persist" &&
        isObject(after) &&
        same(blockIdentity(before), blockIdentity(after)) &&
        before.digest !== after.digest
    ) {
        return {
            property,
            from: before,
            to: after,
            consequence: "live",
            note: `${property} (persist: its data stay, the new image is not used)`,
        };
    }
    const pair = {
        property,
        from: before && blockIdentity(before),
        to: isObject(after) ? blockIdentity(after) : after,
    };
    const notes = [seeding, arrival(index, from, to), departure(index, from, to)].filter((note) => note !== undefined);
    // Seeding is certain, whatever the image turns out to be.
    if (seeding)
        return { property, from: null, to: null, consequence: "restart", note: `${property} (${notes.join("; ")})` };
    return notes.length > 0 ? { ...pair, note: `${property} (${notes.join("; ")})` } : pair;
}

/** Describe the reseeding of a persist disk, caused by a new `reseed` text. */
function newSeeding(index: number, from: Disks, to: Disks): string | undefined {
    const place = isPersist(to, index) ? indexOfDisk(from, to.names[index]!) : undefined;
    const reseed = to.list[index]?.reseed;
    if (place === undefined || reseed === undefined || isUnknown(reseed) || reseed === from.list[place]!.reseed)
        return undefined;
    const name = JSON.stringify(to.list[index]!.name);
    return `reseed: disk ${name} begins again from its image; its present data ${to.keepLast === 0 ? "are deleted" : `are kept in ${from.names[place]!}.kept.*`}`;
}

/** Describe a persist disk that was not at this index. */
function arrival(index: number, from: Disks, to: Disks): string | undefined {
    if (!isPersist(to, index)) return undefined;
    const place = indexOfDisk(from, to.names[index]!);
    const name = JSON.stringify(to.list[index]!.name);
    if (place === index) return undefined;
    return place === undefined ? `a new, empty disk ${name}` : `disk ${name} of blocks[${place}]: its data stay`;
}

/** Describe a persist disk that the new list lacks. A block whose name is unknown may still be it. */
function departure(index: number, from: Disks, to: Disks): string | undefined {
    if (
        !isPersist(from, index) ||
        indexOfDisk(to, from.names[index]!) !== undefined ||
        to.list.some((block) => isUnknown(block) || containsUnknown([block.name, block.access]))
    )
        return undefined;
    const file = persistFile(from.names[index]!, from.list[index]!.format, from.list[index]!.reseed);
    if (!isPersist(to, index)) return `its data stay in ${file}`;
    return indexOfDisk(from, to.names[index]!) === undefined
        ? `${file} stays behind`
        : `the data of ${JSON.stringify(from.list[index]!.name)} stay in ${file}`;
}

function disksOf(list: BlockSpec[]): Disks {
    const named = list.map((block, index) => ({
        name: isObject(block) && block.name !== undefined && !isUnknown(block.name) ? block.name : `\0unknown ${index}`,
    }));
    return { list, names: diskNames(named) };
}

function indexOfDisk(disks: Disks, name: string): number | undefined {
    const place = disks.names.findIndex((other, index) => other === name && isPersist(disks, index));
    return place < 0 ? undefined : place;
}

function isPersist({ list }: Disks, index: number): boolean {
    const block = list[index];
    return isObject(block) && block.access === "persist" && block.name !== undefined && !isUnknown(block.name);
}

/** An unknown element of a list arrives as text. */
function isObject<T>(value: T | undefined): value is T & object {
    return typeof value === "object" && value !== null;
}
