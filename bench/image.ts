import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { child } from "./child";
import { type Figure, median, timed } from "./figure";
import type { Place } from "./place";

const MIB = 2 ** 20;
const RUNS = 3;

export interface ImageTimes {
    /** Milliseconds of the first check, which hashes every file. */
    first: number;
    /** Milliseconds of create, which builds the image. */
    build: number;
    /** Milliseconds of each check of the unchanged tree. */
    unchanged: number[];
}

/** Build a 1 GiB tree as iso9660, compared with xorriso alone on the same tree. */
export async function image(place: Place): Promise<Figure[]> {
    const tree = join(place.folder, "tree");
    place.log("image: a tree of 1 GiB");
    makeTree(tree);
    const ours: ImageTimes[] = [];
    const plain: number[] = [];
    // This package's image is on the disk when create returns; xorriso's may still be in memory.
    const synced: number[] = [];
    for (let run = 0; run < RUNS; run++) {
        place.log(`image: run ${run + 1} of ${RUNS}`);
        const cache = join(place.folder, `cache-${run}`);
        ours.push(await child<ImageTimes>("image.js", { tree }, { env: { XDG_CACHE_HOME: cache } }));
        rmSync(cache, { recursive: true });
        const output = join(place.folder, "plain.iso");
        plain.push((await timed(() => xorriso(tree, output))).seconds);
        synced.push((plain.at(-1) ?? NaN) + (await timed(() => promisify(execFile)("sync", [output]))).seconds);
        rmSync(output);
    }
    rmSync(tree, { recursive: true });
    const [build, whole] = [
        median(ours.map((one) => one.build)) / 1000,
        median(ours.map((one) => one.first + one.build)) / 1000,
    ];
    const unchanged = median(ours.flatMap((one) => one.unchanged));
    const beside = { xorriso: median(plain), "xorriso and sync": median(synced) };
    return [
        {
            part: "image",
            name: "1 GiB as iso9660",
            unit: "s",
            ours: build,
            beside,
            measure: "ours / xorriso",
            value: build / beside.xorriso,
            limit: 1.1,
        },
        {
            part: "image",
            name: "1 GiB as iso9660, with the first check of it",
            unit: "s",
            ours: whole,
            beside,
            measure: "ours / xorriso",
            value: whole / beside.xorriso,
        },
        {
            part: "image",
            name: "check of the unchanged tree",
            unit: "ms",
            ours: unchanged,
            beside: {},
            measure: "ms",
            value: unchanged,
            limit: 100,
        },
    ];
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
async function xorriso(tree: string, output: string): Promise<void> {
    await promisify(execFile)("xorriso", ["-as", "mkisofs", "-quiet", "-R", "-o", output, tree], {
        maxBuffer: 1 << 26,
    });
}
