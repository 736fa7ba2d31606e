import { execFile } from "node:child_process";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { child } from "./child";
import { type Figure, median, timed } from "./figure";
import { nginxGuest } from "./nginx";
import type { Place } from "./place";

const MIB = 2 ** 20;
const RUNS = 5;

interface MediumTimes {
    build: number[];
    unchanged: number[];
    path: string;
    size: number;
}
const run = promisify(execFile);

/** Measure the nginx guest as a medium, compared with grub-mkrescue on the same files. */
export async function media(place: Place): Promise<Figure[]> {
    place.log("iso: the nginx guest as a medium");
    const { kernel, initrd, args } = await nginxGuest(place.folder, "iso");
    const image = join(place.folder, "nginx.iso");
    const ours = await child<MediumTimes>(
        "medium.js",
        { runs: RUNS, args: { kernel, initrd, args, memory: 512, output: image } },
        { env: { XDG_CACHE_HOME: join(place.folder, "cache-iso") } },
    );
    const tree = join(place.folder, "medium");
    await run("xorriso", ["-osirrox", "on", "-indev", image, "-extract", "/", tree]);
    // grub-mkrescue adds its own loaders.
    for (const own of ["bios.img", "uefi.img", "boot.cat"]) rmSync(join(tree, "boot/grub", own), { force: true });
    const rescue = join(place.folder, "rescue.iso");
    const plain: number[] = [];
    const synced: number[] = [];
    for (let round = 0; round < RUNS; round++) {
        plain.push((await timed(() => run("grub-mkrescue", ["-o", rescue, tree], { maxBuffer: 1 << 26 }))).seconds);
        synced.push((plain.at(-1) ?? NaN) + (await timed(() => run("sync", [rescue]))).seconds);
    }
    const content = statSync(kernel).size + statSync(initrd).size;
    const [seconds, beside] = [
        median(ours.build) / 1000,
        { "grub-mkrescue": median(plain), "and sync": median(synced) },
    ];
    return [
        {
            part: "iso",
            name: "bake",
            unit: "s",
            ours: seconds,
            beside,
            measure: "ours / grub-mkrescue",
            value: seconds / beside["grub-mkrescue"],
            limit: 0.7,
            note: "ours is hashed and on the disk when it returns; xorriso alone sleeps a tenth of a second in both",
        },
        {
            part: "iso",
            name: "size over kernel and initramfs",
            unit: "bytes",
            ours: ours.size - content,
            beside: { "grub-mkrescue": statSync(rescue).size - content },
            measure: "bytes",
            value: ours.size - content,
            limit: 4 * MIB,
        },
        {
            part: "iso",
            name: "preview of the unchanged medium",
            unit: "ms",
            ours: median(ours.unchanged),
            beside: {},
            measure: "ms",
            value: median(ours.unchanged),
        },
    ];
}
