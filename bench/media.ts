import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { child } from "./child";
import { median, timed, type Figure } from "./figure";
import { nginxGuest } from "./nginx";
import type { Place } from "./place";

const MIB = 2 ** 20;
const RUNS = 5;
const BURNS = 3;
/** Of data, for the burn: large enough that the disk is what is measured. */
const DATA = 512;

interface BurnTimes { written: number; seconds: number }
interface MediumTimes { build: number[]; unchanged: number[]; path: string; size: number }
const run = promisify(execFile);

/** The nginx guest as a medium, beside grub-mkrescue on the same files; and on a stick, beside dd. */
export async function media(place: Place): Promise<Figure[]> {
    return [...await bake(place), ...await burn(place)];
}

async function bake(place: Place): Promise<Figure[]> {
    place.log("iso: the nginx guest as a medium");
    const { kernel, initrd, args } = await nginxGuest(place.folder, "iso");
    const image = join(place.folder, "nginx.iso");
    const ours = await child<MediumTimes>("medium.js", { runs: RUNS, args: { kernel, initrd, args, memory: 512, output: image } }, { env: { XDG_CACHE_HOME: join(place.folder, "cache-iso") } });
    const tree = join(place.folder, "medium");
    await run("xorriso", ["-osirrox", "on", "-indev", image, "-extract", "/", tree]);
    // Its own loaders it brings itself.
    for (const own of ["bios.img", "uefi.img", "boot.cat"]) rmSync(join(tree, "boot/grub", own), { force: true });
    const rescue = join(place.folder, "rescue.iso");
    const plain: number[] = [];
    const synced: number[] = [];
    for (let round = 0; round < RUNS; round++) {
        plain.push((await timed(() => run("grub-mkrescue", ["-o", rescue, tree], { maxBuffer: 1 << 26 }))).seconds);
        synced.push((plain.at(-1) ?? NaN) + (await timed(() => run("sync", [rescue]))).seconds);
    }
    const content = statSync(kernel).size + statSync(initrd).size;
    const [seconds, beside] = [median(ours.build) / 1000, { "grub-mkrescue": median(plain), "and sync": median(synced) }];
    return [
        { part: "iso", name: "bake", unit: "s", ours: seconds, beside, measure: "ours / grub-mkrescue", value: seconds / beside["grub-mkrescue"], limit: 0.7, note: "ours is hashed and on the disk when it returns" },
        { part: "iso", name: "size over kernel and initramfs", unit: "bytes", ours: ours.size - content, beside: { "grub-mkrescue": statSync(rescue).size - content }, measure: "bytes", value: ours.size - content, limit: 4 * MIB },
        { part: "iso", name: "preview of the unchanged medium", unit: "ms", ours: median(ours.unchanged), beside: {}, measure: "ms", value: median(ours.unchanged) },
    ];
}

/** A loop device stands for the stick; by turns, and each first burn on a device that holds something else. */
async function burn(place: Place): Promise<Figure[]> {
    place.log(`iso: a medium with ${DATA} MiB of data, burned to a loop device`);
    const [tree, image, changed] = ["burn-tree", "burn.iso", "burn-changed.iso"].map((name) => join(place.folder, name)) as [string, string, string];
    mkdirSync(tree);
    for (let index = 0; index < 16; index++) writeFileSync(join(tree, `file-${index}`), randomBytes(DATA / 16 * MIB));
    await run("xorriso", ["-as", "mkisofs", "-quiet", "-R", "-o", image, tree]);
    writeFileSync(join(tree, "file-7"), randomBytes(MIB));
    truncateSync(join(tree, "file-7"), DATA / 16 * MIB);
    await run("xorriso", ["-as", "mkisofs", "-quiet", "-R", "-o", changed, tree]);
    const stick = await plugIn(place, statSync(image).size);
    try {
        const [dd, written, first, second]: number[][] = [[], [], [], []];
        for (let round = 0; round < BURNS; round++) {
            await stick.fill();
            dd!.push((await timed(() => run("dd", [`if=${image}`, `of=${stick.node}`, "bs=4M", "oflag=direct", "conv=fsync", "status=none"]))).seconds);
            await stick.fill();
            const burned = await child<BurnTimes>("burn.js", { image, device: stick.name });
            written!.push(burned.written);
            first!.push(burned.seconds);
            second!.push((await child<BurnTimes>("burn.js", { image: changed, device: stick.name })).seconds);
        }
        const [plain, writing, ours, again] = [median(dd!), median(written!), median(first!), median(second!)];
        return [
            { part: "iso", name: `burn of ${DATA} MiB, written and synced`, unit: "s", ours: writing, beside: { dd: plain }, measure: "ours / dd", value: writing / plain, limit: 1.12 },
            { part: "iso", name: `burn of ${DATA} MiB, and read back`, unit: "s", ours, beside: { dd: plain }, measure: "ours / dd", value: ours / plain },
            { part: "iso", name: "burn after one changed file", unit: "s", ours: again, beside: { "first burn": ours }, measure: "second / first", value: again / ours, limit: 0.2, note: "all of the device is read; sticks write slower than they read, this device does not" },
        ];
    } finally {
        await stick.pullOut();
        rmSync(tree, { recursive: true });
    }
}

async function plugIn(place: Place, size: number) {
    const file = join(place.folder, "stick");
    writeFileSync(file, "");
    truncateSync(file, Math.ceil(size / MIB) * MIB + MIB);
    const node = (await run("losetup", ["--find", "--show", "--direct-io=on", file])).stdout.trim();
    const name = join("/dev/disk/by-id", `usb-pulumi-unikernel-bench-${process.pid}`);
    mkdirSync("/dev/disk/by-id", { recursive: true });
    symlinkSync(node, name);
    return {
        node, name,
        /** What an old stick holds: something, everywhere. */
        fill: () => run("dd", ["if=/dev/urandom", `of=${node}`, "bs=4M", "oflag=direct", "conv=fsync", "status=none", `count=${Math.floor(size / MIB / 4)}`]),
        async pullOut() {
            rmSync(name, { force: true });
            await run("losetup", ["--detach", node]);
        },
    };
}
