import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { child } from "./child";
import { type Figure, median } from "./figure";
import type { Place } from "./place";
import type { Speed } from "./speedLimit";
import { Stick } from "./stick";

const MIB = 2 ** 20;
const ROUNDS = 3;
const FILES = 64;
/** dd's rate, divided by ours, is at most 1 / 0.97. */
const LIMIT = 1.03;

/** A device, with the MiB of data that are burned to it. */
interface Kind {
    name: string;
    size: number;
    speed?: Speed;
}
const STICK = { name: "30 MB/s", size: 256, speed: { write: 30e6, read: 150e6 } } satisfies Kind;
const KINDS: Kind[] = [
    STICK,
    { name: "300 MB/s", size: 1024, speed: { write: 300e6, read: 500e6 } },
    { name: "memory's speed", size: 1024 },
];

interface BurnTimes {
    /** Seconds until all data was written and synced. */
    written: number;
    /** Seconds in all, with reading back. */
    seconds: number;
}

/** Write images to loop devices full of other data, compared with dd; then write one again with one file changed. */
export async function burn(place: Place): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const kind of KINDS) figures.push(...(await besideDd(place, kind)));
    return [...figures, ...(await again(place))];
}

async function besideDd(place: Place, { name, size, speed }: Kind): Promise<Figure[]> {
    const { image, remove } = await images(place, size);
    const stick = await Stick.plugIn(place, statSync(image).size, speed);
    try {
        if (speed && !stick.limit) {
            place.log(
                `burn: no device of ${name}: this kernel has no controller of block devices' speed (blkio or io)`,
            );
            return [];
        }
        const pairs: { ddWrite: number; ddRead: number; write: number; read: number }[] = [];
        for (let round = 0; round < ROUNDS; round++) {
            place.log(`burn: ${size} MiB to a device of ${name}: round ${round + 1} of ${ROUNDS}`);
            await stick.fill();
            const [ddWrite, ddRead] = [await stick.ddWrite(image), await stick.ddRead()];
            await stick.fill();
            const { written, seconds } = await once(image, stick);
            pairs.push({ ddWrite, ddRead, write: written, read: seconds - written });
        }
        const limit = speed && LIMIT;
        const note = speed
            ? `a device that writes ${speed.write / 1e6} MB/s and reads ${speed.read / 1e6}; medians of ${ROUNDS} pairs by turns`
            : "shows processor time, which a stick hides";
        const figure = (what: string, ours: keyof (typeof pairs)[0], dd: keyof (typeof pairs)[0]): Figure => ({
            part: "burn",
            name: `${name}: ${size} MiB ${what}`,
            unit: "s",
            ours: median(pairs.map((pair) => pair[ours])),
            beside: { dd: median(pairs.map((pair) => pair[dd])) },
            measure: "ours / dd",
            value: median(pairs.map((pair) => pair[ours] / pair[dd])),
            limit,
            note,
        });
        return [figure("written and synced", "write", "ddWrite"), figure("read back", "read", "ddRead")];
    } finally {
        await stick.pullOut();
        remove();
    }
}

async function again(place: Place): Promise<Figure[]> {
    const { image, changed, remove } = await images(place, STICK.size);
    const stick = await Stick.plugIn(place, statSync(image).size, STICK.speed);
    place.log(`burn: ${STICK.size} MiB to a device of ${STICK.name}, twice`);
    try {
        await stick.fill();
        const first = await once(image, stick);
        const second = await once(changed, stick);
        return [
            {
                part: "burn",
                name: "after one changed file",
                unit: "s",
                ours: second.seconds,
                beside: { "first burn": first.seconds },
                measure: "second / first",
                value: second.seconds / first.seconds,
                limit: 0.2,
                note: stick.limit
                    ? `a device that writes ${STICK.speed.write / 1e6} MB/s and reads ${STICK.speed.read / 1e6}`
                    : "all of it is read: a device that reads no faster than it writes cannot meet this",
            },
        ];
    } finally {
        await stick.pullOut();
        remove();
    }
}

function once(image: string, { name, limit }: Stick): Promise<BurnTimes> {
    return child<BurnTimes>("burn.js", { image, device: name, procs: limit?.procs });
}

/** Build an image, and the same image with one file changed. */
async function images(place: Place, size: number): Promise<{ image: string; changed: string; remove(): void }> {
    const [tree, image, changed] = ["burn-tree", `burn-${size}.iso`, `burn-${size}-changed.iso`].map((name) =>
        join(place.folder, name),
    ) as [string, string, string];
    const make = (output: string) =>
        promisify(execFile)("xorriso", ["-as", "mkisofs", "-quiet", "-R", "-o", output, tree]);
    mkdirSync(tree);
    for (let index = 0; index < FILES; index++)
        writeFileSync(join(tree, `file-${index}`), randomBytes((size / FILES) * MIB));
    await make(image);
    writeFileSync(join(tree, "file-7"), randomBytes((size / FILES) * MIB));
    await make(changed);
    rmSync(tree, { recursive: true });
    return {
        image,
        changed,
        remove() {
            for (const file of [image, changed]) rmSync(file);
        },
    };
}
