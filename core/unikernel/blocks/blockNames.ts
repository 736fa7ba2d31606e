import { diskNames } from "../../../backends";
import type { BlockSpec, Problem } from "../../../model";
import { same } from "../../../model";
import { isUnknown } from "../../handlers";
import type { FormerDisk } from "./formerDisks";
import { formerDisks, namesOfFirstRelease } from "./formerDisks";
import type { Nameable } from "./nameable";
import { clashProblem } from "./nameProblems";

/** `kept`: indices of blocks whose names come from state alone, because the program's names clash. */
export interface Naming {
    names: (string | undefined)[];
    problems: Problem[];
    kept: number[];
}

/**
 * Name each block of a guest. A persist disk is found again by this name, never by its index. The order of precedence:
 * the program's `name`; the name in state of the same image or file, also under a former name of the image; the base
 * name. Where base names clash and a persist disk is among them, a name is required: removing or moving one disk must
 * not exchange the data of two. A guest of an earlier release keeps its names while path and mount tell its disks
 * apart.
 */
export function nameBlocks(blocks: Nameable[], olds: BlockSpec[]): Naming {
    const naming: Naming = { names: blocks.map(({ given }) => given), problems: [], kept: [] };
    const given = new Set(blocks.flatMap((one) => one.given ?? []));
    const former = formerDisks(olds).filter(({ block }) => !given.has(block.name));
    const groups = byBase(blocks);
    for (const [base, places] of groups) {
        const candidates = candidatesOf(
            base,
            places.flatMap((place) => blocks[place]!.formerly ?? []),
            former,
            groups,
        );
        if (places.length === 1 && candidates.length <= 1 && !given.has(base))
            naming.names[places[0]!] = candidates[0]?.block.name ?? base;
        else nameGroup({ blocks, base, places, candidates, naming });
    }
    naming.problems.push(...repeated(blocks, naming));
    return naming;
}

function byBase(blocks: Nameable[]): Map<string, number[]> {
    const groups = new Map<string, number[]>();
    blocks.forEach(({ base, given }, place) => {
        if (base !== undefined && given === undefined) groups.set(base, [...(groups.get(base) ?? []), place]);
    });
    return groups;
}

/** An alias is followed only when no other block of the program has the image's former name. */
function candidatesOf(
    base: string,
    formerly: string[],
    former: FormerDisk[],
    groups: Map<string, number[]>,
): FormerDisk[] {
    const own = former.filter((disk) => disk.base === base);
    return own.length > 0 ? own : former.filter((disk) => formerly.includes(disk.base) && !groups.has(disk.base));
}

interface Group {
    blocks: Nameable[];
    base: string;
    places: number[];
    candidates: FormerDisk[];
    naming: Naming;
}

function nameGroup({ blocks, base, places, candidates, naming }: Group): void {
    const persist = places.filter((place) => blocks[place]!.block.access === "persist");
    const matches = new Map(persist.map((place) => [place, matchOf(place, persist, blocks, candidates)]));
    for (const [place, match] of matches) naming.names[place] = match?.block.name;
    for (const place of places.filter((one) => !persist.includes(one)))
        naming.names[place] = numbered(base, places, place, naming.names);
    const whole = diskNames(naming.names.map((name, place) => ({ name: name ?? `\0unknown ${place}` })));
    const lost = persist.find((place) => matches.get(place)?.disk !== whole[place]);
    if (lost === undefined) naming.kept.push(...persist);
    else
        naming.problems.push(
            clashProblem({
                base,
                place: lost,
                places,
                persist,
                matches,
                candidates,
                released: namesOfFirstRelease(blocks),
            }),
        );
}

/**
 * Return the disk in state with this block's path and mount. Blocks that are alike match in order, as long as their
 * number is the same.
 */
function matchOf(
    place: number,
    persist: number[],
    blocks: Nameable[],
    candidates: FormerDisk[],
): FormerDisk | undefined {
    const alike = ({ path, mount }: BlockSpec): boolean =>
        same([path, mount], [blocks[place]!.block.path, blocks[place]!.block.mount]);
    const now = persist.filter((other) => alike(blocks[other]!.block));
    const before = candidates.filter(({ block }) => block.access === "persist" && alike(block));
    return now.length === before.length ? before[now.indexOf(place)] : undefined;
}

/** Disks without data that share a base name get a number, as in every release. */
function numbered(base: string, places: number[], place: number, names: (string | undefined)[]): string {
    const ordinal = places.indexOf(place) + 1;
    const others = names.filter((_, other) => other !== place);
    for (let number = ordinal; ; number++) {
        const name = number === 1 ? base : `${base}-${number}`;
        if (!others.includes(name)) return name;
    }
}

/**
 * Report names that two blocks share, where a program gave the name or a persist disk has it. Names kept from state are
 * already distinct.
 */
function repeated(blocks: Nameable[], { names, kept, problems }: Naming): Problem[] {
    if (problems.length > 0) return [];
    return names.flatMap((name, place) => {
        const first = names.indexOf(name);
        if (name === undefined || isUnknown(name) || first === place) return [];
        const matters = [first, place].some(
            (one) => blocks[one]!.given !== undefined || blocks[one]!.block.access === "persist",
        );
        if (!matters || [first, place].every((one) => kept.includes(one))) return [];
        const at = blocks[place]!.given === undefined ? first : place;
        return [
            {
                property: `blocks[${at}].name`,
                reason: `"${name}" is already the name of blocks[${at === place ? first : place}]; expected a name that no other block of this guest has`,
            },
        ];
    });
}
