import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { child } from "./child";
import { type Figure, median, timed } from "./figure";
import type { Place } from "./place";

const MIB = 2 ** 20;
const RUNS = 5;

export interface ImageTimes {
    /** Milliseconds of the first check, which hashes every file. */
    first: number;
    /** Milliseconds of create, which builds the image. */
    build: number;
    /** Milliseconds of hashing the image once more, with nothing beside it. */
    hash: number;
    /** Milliseconds of each check of the unchanged tree. */
    unchanged: number[];
}

/** Seconds of one pair. */
interface Pair {
    ours: ImageTimes;
    xorriso: number;
    sync: number;
}

/** Build a 1 GiB tree as iso9660, compared with xorriso alone on the same tree. */
export async function image(place: Place): Promise<Figure[]> {
    const tree = join(place.folder, "tree");
    place.log("image: a tree of 1 GiB");
    makeTree(tree);
    const pairs: Pair[] = [];
    for (let run = 0; run < RUNS; run++) {
        place.log(`image: pair ${run + 1} of ${RUNS}`);
        const cache = join(place.folder, `cache-${run}`);
        const ours = await child<ImageTimes>("image.js", { tree }, { env: { XDG_CACHE_HOME: cache } });
        rmSync(cache, { recursive: true });
        const output = join(place.folder, "plain.iso");
        const xorriso = (await timed(() => plainXorriso(tree, output))).seconds;
        // This package's image is on the disk when create returns; xorriso's may still be in memory.
        const sync = (await timed(() => promisify(execFile)("sync", [output]))).seconds;
        rmSync(output);
        pairs.push({ ours, xorriso, sync });
    }
    rmSync(tree, { recursive: true });
    return [...buildFigures(pairs), unchangedFigure(pairs)];
}

function buildFigures(pairs: Pair[]): Figure[] {
    const of = (value: (pair: Pair) => number) => median(pairs.map(value));
    const build = of(({ ours }) => ours.build / 1000);
    const ratios = pairs.map(({ ours, xorriso, sync }) => ours.build / 1000 / (xorriso + sync));
    const beside = { "xorriso and sync": of(({ xorriso, sync }) => xorriso + sync) };
    const whole = { part: "image", unit: "s", beside, measure: "ours / xorriso and sync" } as const;
    const share = (name: string, seconds: (pair: Pair) => number): Figure => ({
        part: "image",
        name: `of the build: ${name}`,
        unit: "s",
        ours: of(seconds),
        beside: { build },
        measure: "share of the build",
        value: of((pair) => seconds(pair) / (pair.ours.build / 1000)),
    });
    return [
        {
            ...whole,
            name: "1 GiB as iso9660",
            ours: build,
            value: median(ratios),
            limit: 1.3,
            note: `pairs ${ratios.map((ratio) => ratio.toFixed(2)).join(", ")}; the hash of an image cannot be divided among processors, so that a processor without instructions for SHA-256 needs at least the hash's share`,
        },
        {
            ...share("the hash alone", ({ ours }) => ours.hash / 1000),
            note: "each part is measured by itself; in the build they overlap, so that the shares make more than 1",
        },
        share("xorriso alone", ({ xorriso }) => xorriso),
        share("sync alone", ({ sync }) => sync),
        share("listing the tree, before and after", ({ ours }) => (2 * median(ours.unchanged)) / 1000),
        {
            ...whole,
            name: "1 GiB as iso9660, with the first check of it",
            ours: of(({ ours }) => (ours.first + ours.build) / 1000),
            value: of(({ ours, xorriso, sync }) => (ours.first + ours.build) / 1000 / (xorriso + sync)),
        },
    ];
}

function unchangedFigure(pairs: Pair[]): Figure {
    const unchanged = median(pairs.flatMap(({ ours }) => ours.unchanged));
    return {
        part: "image",
        name: "check of the unchanged tree",
        unit: "ms",
        ours: unchanged,
        beside: {},
        measure: "ms",
        value: unchanged,
        limit: 100,
    };
}

/** Create 1 GiB in file sizes typical of a web site: a few big files, many small ones. */
function makeTree(folder: string): void {
    for (let i = 0; i < 8; i++) write(folder, "video", i, 96 * MIB);
    for (let i = 0; i < 192; i++) write(folder, "images", i, MIB);
    for (let i = 0; i < 2048; i++) write(folder, `pages-${i % 16}`, i, 32 * 1024);
}

function write(root: string, folder: string, index: number, size: number): void {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, `file-${index}.bin`), randomBytes(size));
}

/** Build with Rock Ridge, as is usual for a data image. */
async function plainXorriso(tree: string, output: string): Promise<void> {
    await promisify(execFile)("xorriso", ["-as", "mkisofs", "-quiet", "-R", "-o", output, tree], {
        maxBuffer: 1 << 26,
    });
}
