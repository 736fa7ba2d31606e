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
    const bake = () =>
        child<MediumTimes>(
            "medium.js",
            { runs: 3, args: { kernel, initrd, args, memory: 512, output: image } },
            { env: { XDG_CACHE_HOME: join(place.folder, "cache-iso") } },
        );
    let last = await bake();
    const tree = join(place.folder, "medium");
    await run("xorriso", ["-osirrox", "on", "-indev", image, "-extract", "/", tree]);
    // grub-mkrescue adds its own loaders.
    for (const own of ["bios.img", "uefi.img", "boot.cat"]) rmSync(join(tree, "boot/grub", own), { force: true });
    const rescue = join(place.folder, "rescue.iso");
    const rounds: { ours: number; plain: number; synced: number; unchanged: number }[] = [];
    // By turns, so that other load on the machine affects both alike.
    for (let round = 0; round < RUNS; round++) {
        rmSync(image);
        last = await bake();
        const plain = (await timed(() => run("grub-mkrescue", ["-o", rescue, tree], { maxBuffer: 1 << 26 }))).seconds;
        const synced = plain + (await timed(() => run("sync", [rescue]))).seconds;
        rounds.push({ ours: median(last.build) / 1000, plain, synced, unchanged: median(last.unchanged) });
    }
    const middle = (value: (round: (typeof rounds)[number]) => number) => median(rounds.map(value));
    const content = statSync(kernel).size + statSync(initrd).size;
    const beside = { "grub-mkrescue": middle(({ plain }) => plain), "and sync": middle(({ synced }) => synced) };
    return [
        {
            part: "iso",
            name: "bake",
            unit: "s",
            ours: middle(({ ours }) => ours),
            beside,
            measure: "ours / grub-mkrescue",
            value: middle(({ ours, plain }) => ours / plain),
            limit: 0.7,
            note: "ours is hashed and on the disk when it returns; xorriso alone sleeps a tenth of a second in both",
        },
        {
            part: "iso",
            name: "size over kernel and initramfs",
            unit: "bytes",
            ours: last.size - content,
            beside: { "grub-mkrescue": statSync(rescue).size - content },
            measure: "bytes",
            value: last.size - content,
            limit: 4 * MIB,
        },
        {
            part: "iso",
            name: "preview of the unchanged medium",
            unit: "ms",
            ours: middle(({ unchanged }) => unchanged),
            beside: {},
            measure: "ms",
            value: middle(({ unchanged }) => unchanged),
        },
    ];
}
