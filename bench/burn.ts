import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
    existsSync,
    mkdirSync,
    readFileSync,
    rmdirSync,
    rmSync,
    statSync,
    symlinkSync,
    truncateSync,
    writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { child } from "./child";
import { type Figure, median, timed } from "./figure";
import type { Place } from "./place";

const MIB = 2 ** 20;
const ROUNDS = 3;
/** MiB of data: for a device at full speed, and for one as slow as a stick. */
const FAST = 1024;
const SLOW = 256;
const FILES = 64;
/** Speed of a current USB stick, in bytes a second. */
const STICK = { write: 30e6, read: 150e6 };

interface BurnTimes {
    written: number;
    seconds: number;
}
const run = promisify(execFile);

/**
 * Write an image to a loop device full of other data, compared with dd; then write it again after one file has changed.
 */
export async function burn(place: Place): Promise<Figure[]> {
    return [...(await besideDd(place)), ...(await again(place))];
}

async function besideDd(place: Place): Promise<Figure[]> {
    place.log(`iso: ${FAST} MiB burned to a loop device`);
    const { image } = await images(place, FAST);
    const device = await plugIn(place, statSync(image).size);
    try {
        const [dd, written, whole]: number[][] = [[], [], []];
        for (let round = 0; round < ROUNDS; round++) {
            await device.fill();
            dd!.push(
                (
                    await timed(() =>
                        run("dd", [
                            `if=${image}`,
                            `of=${device.node}`,
                            "bs=4M",
                            "oflag=direct",
                            "conv=fsync",
                            "status=none",
                        ]),
                    )
                ).seconds,
            );
            await device.fill();
            const times = await child<BurnTimes>("burn.js", { image, device: device.name });
            written!.push(times.written);
            whole!.push(times.seconds);
        }
        const [plain, writing, all] = [median(dd!), median(written!), median(whole!)];
        return [
            {
                part: "iso",
                name: `burn of ${FAST} MiB, written and synced`,
                unit: "s",
                ours: writing,
                beside: { dd: plain },
                measure: "ours / dd",
                value: writing / plain,
                limit: 1.12,
            },
            {
                part: "iso",
                name: `burn of ${FAST} MiB, and read back`,
                unit: "s",
                ours: all,
                beside: { dd: plain },
                measure: "ours / dd",
                value: all / plain,
            },
        ];
    } finally {
        await device.pullOut();
    }
}

async function again(place: Place): Promise<Figure[]> {
    const { image, changed } = await images(place, SLOW);
    const device = await plugIn(place, statSync(image).size);
    const group = throttle(device.node);
    place.log(
        `iso: ${SLOW} MiB burned to a loop device ${group ? "as slow as a stick" : "(it cannot be slowed down here)"}, twice`,
    );
    try {
        await device.fill();
        const first = await child<BurnTimes>("burn.js", { image, device: device.name, group });
        const second = await child<BurnTimes>("burn.js", { image: changed, device: device.name, group });
        return [
            {
                part: "iso",
                name: "burn after one changed file",
                unit: "s",
                ours: second.seconds,
                beside: { "first burn": first.seconds },
                measure: "second / first",
                value: second.seconds / first.seconds,
                limit: 0.2,
                note: group
                    ? `a device that writes ${STICK.write / 1e6} MB/s and reads ${STICK.read / 1e6}`
                    : "all of it is read: a device that reads no faster than it writes cannot meet this",
            },
        ];
    } finally {
        if (group) rmdirSync(group);
        await device.pullOut();
    }
}

/** Build an image, and the same image with one file changed. */
async function images(place: Place, size: number): Promise<{ image: string; changed: string }> {
    const [tree, image, changed] = ["burn-tree", `burn-${size}.iso`, `burn-${size}-changed.iso`].map((name) =>
        join(place.folder, name),
    ) as [string, string, string];
    const make = (output: string) => run("xorriso", ["-as", "mkisofs", "-quiet", "-R", "-o", output, tree]);
    mkdirSync(tree);
    for (let index = 0; index < FILES; index++)
        writeFileSync(join(tree, `file-${index}`), randomBytes((size / FILES) * MIB));
    await make(image);
    writeFileSync(join(tree, "file-7"), randomBytes((size / FILES) * MIB));
    await make(changed);
    rmSync(tree, { recursive: true });
    return { image, changed };
}

/** Create a loop device, which stands for a stick. */
async function plugIn(place: Place, size: number) {
    const file = join(place.folder, "stick");
    writeFileSync(file, "");
    truncateSync(file, Math.ceil(size / MIB) * MIB + MIB);
    const node = (await run("losetup", ["--find", "--show", file])).stdout.trim();
    const name = join("/dev/disk/by-id", `usb-pulumi-unikernel-bench-${process.pid}`);
    mkdirSync("/dev/disk/by-id", { recursive: true });
    symlinkSync(node, name);
    return {
        node,
        name,
        /** Fill it with data everywhere, as on a used stick. */
        fill: () =>
            run("dd", [
                "if=/dev/urandom",
                `of=${node}`,
                "bs=1M",
                "oflag=direct",
                "conv=fsync",
                "status=none",
                `count=${Math.floor(size / MIB)}`,
            ]),
        async pullOut() {
            rmSync(name, { force: true });
            await run("losetup", ["--detach", node]);
            rmSync(file);
        },
    };
}

/**
 * Create a control group (version 1, blkio) that limits its processes' speed on the device; undefined where there is no
 * such controller.
 */
function throttle(node: string): string | undefined {
    const root = "/sys/fs/cgroup/blkio";
    if (!existsSync(join(root, "blkio.throttle.write_bps_device"))) return undefined;
    const group = join(root, `pulumi-unikernel-bench-${process.pid}`);
    const number = readFileSync(`/sys/block/${basename(node)}/dev`, "utf8").trim();
    mkdirSync(group);
    writeFileSync(join(group, "blkio.throttle.write_bps_device"), `${number} ${STICK.write}`);
    writeFileSync(join(group, "blkio.throttle.read_bps_device"), `${number} ${STICK.read}`);
    return group;
}
