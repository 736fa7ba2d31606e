import type { Problem } from "../../../model";
import type { FormerDisk } from "./formerDisks";

interface Clash {
    base: string;
    /** The first persist disk that cannot be named. */
    place: number;
    /** Indices of all blocks with this base name. */
    places: number[];
    persist: number[];
    /** The disk in state of each of these persist disks. */
    matches: Map<number, FormerDisk | undefined>;
    /** All disks in state with this base name. */
    candidates: FormerDisk[];
    /** The names that release 0.1.0 gave, by index in the whole list. */
    released: string[];
}

/** Return the problem with the lines to write, and the data that each name stands for. */
export function clashProblem(clash: Clash): Problem {
    const { base, place, places, persist, candidates } = clash;
    const which =
        places.length > 1
            ? `${listed(places.map((one) => `blocks[${one}]`))} are called ${JSON.stringify(base)}`
            : `more than one disk of this guest is or was called ${JSON.stringify(base)}`;
    const names = namesToWrite(clash);
    const known = candidates.filter(({ block }) => block.access === "persist");
    return {
        property: `blocks[${place}].name`,
        reason: [
            `required: ${which}, and a persist disk is found by its name alone, not by its place in the list. Write:`,
            ...persist.map((one) => `  blocks[${one}]: name: ${JSON.stringify(names.get(one))}`),
            known.length > 0
                ? `The guest has ${listed(known.map(described))}: give each block the name whose data it is to keep; a name that is not among these makes a new disk.`
                : "With these names a guest that release 0.1.0 made of this list keeps its data; a new guest may take any names.",
        ].join("\n"),
    };
}

/** Prefer certain matches; then the remaining disks in state, in order; then unused names. */
function namesToWrite({ base, persist, matches, candidates, released }: Clash): Map<number, string> {
    if (candidates.length === 0) return new Map(persist.map((place) => [place, released[place]!]));
    const matched = [...matches.values()];
    const left = candidates
        .filter((disk) => disk.block.access === "persist" && !matched.includes(disk))
        .map(({ keep }) => keep);
    const used = new Set(candidates.map(({ keep }) => keep));
    let number = 1;
    const unused = (): string => {
        for (;;) {
            const name = number === 1 ? base : `${base}-${number}`;
            number++;
            if (!used.has(name)) return name;
        }
    };
    return new Map(
        persist.map((place) => {
            return [place, matches.get(place)?.keep ?? left.shift() ?? unused()];
        }),
    );
}

function described({ block: { path, mount }, base, keep }: FormerDisk): string {
    return `${JSON.stringify(keep)} (${path ?? `image ${base}`}${mount === undefined ? "" : ` at ${mount}`})`;
}

function listed(texts: string[]): string {
    return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`;
}
