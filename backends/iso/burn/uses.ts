import { realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";

import { numberOf } from "./number";
import { namesIn, type Roots, textOf } from "./roots";

/** One use of a device, or of a part of it. */
export interface Use {
    /** The part in use, with the layers below it: `sdb2`, `dm-0 (LVM) on sdb3`. */
    part: string;
    how: "mounted" | "swap" | "held";
    /** The mount point, or the holder. */
    where?: string;
    /** The machine runs from it. */
    system: boolean;
}

/** A block device in the stack on a disk: the disk, its partitions, their holders, and so on. */
interface Layer {
    name: string;
    number: string;
    part: string;
}

/** Return all uses of a device and of the stack on it; see proc_pid_mountinfo(5) and proc_swaps(5). */
export async function usesOf(folder: string, roots: Roots): Promise<Use[]> {
    const uses: Use[] = [];
    const layers: Layer[] = [];
    await climb(folder, "", roots, layers, uses);
    uses.push(...(await mounts(layers, roots)), ...(await swaps(layers, roots)));
    return uses;
}

async function climb(folder: string, below: string, roots: Roots, layers: Layer[], uses: Use[]): Promise<void> {
    const name = basename(folder);
    const number = (await textOf(join(folder, "dev"))) ?? "";
    if (layers.some((layer) => layer.number === number)) return;
    const part = `${await titleOf(folder)}${below && ` on ${below}`}`;
    layers.push({ name, number, part });
    for (const holder of await namesIn(join(folder, "holders"))) {
        const above = await realpath(join(folder, "holders", holder)).catch(() => join(roots.sys, "block", holder));
        uses.push({ part, how: "held", where: await titleOf(above), system: false });
        await climb(above, part, roots, layers, uses);
    }
    for (const child of await namesIn(folder)) {
        const inner = join(folder, child);
        if ((await textOf(join(inner, "partition"))) !== undefined) await climb(inner, below, roots, layers, uses);
    }
}

/** Return the title of a block device: `sdb1`, `md0 (RAID)`, `dm-0 (LVM vg-root)`. */
async function titleOf(folder: string): Promise<string> {
    const name = basename(folder).replaceAll("!", "/");
    if ((await textOf(join(folder, "md/level"))) !== undefined) return `${name} (RAID)`;
    // The uuid of a device-mapper device begins with the name of its creator (libdevmapper.h, dm_build_dm_uuid).
    const maker = (await textOf(join(folder, "dm/uuid")))?.split("-")[0];
    const mapped = await textOf(join(folder, "dm/name"));
    return mapped === undefined ? name : `${name} (${[maker, mapped].filter(Boolean).join(" ")})`;
}

async function mounts(layers: Layer[], roots: Roots): Promise<Use[]> {
    const found: Use[] = [];
    for (const line of ((await textOf(join(roots.proc, "self/mountinfo"))) ?? "").split("\n")) {
        const [head = "", tail = ""] = line.split(" - ");
        const [, , number, , point = ""] = head.split(" ");
        // A file system over several devices (btrfs) has a number of its own; its source still names one of them.
        const source = tail.split(" ")[1] ?? "";
        const layer =
            layers.find((one) => one.number === number) ??
            (number?.startsWith("0:") ? await layerAt(source, layers, roots) : undefined);
        if (layer)
            found.push({ part: layer.part, how: "mounted", where: unescaped(point), system: SYSTEM.test(point) });
    }
    return found;
}

const SYSTEM = /^\/((boot|efi|usr|var|etc|nix)(\/.*)?)?$/;

async function swaps(layers: Layer[], roots: Roots): Promise<Use[]> {
    const found: Use[] = [];
    const lines = ((await textOf(join(roots.proc, "swaps"))) ?? "").split("\n").slice(1);
    for (const line of lines) {
        const layer = await layerAt(line.split(/\s/)[0] ?? "", layers, roots);
        if (layer) found.push({ part: layer.part, how: "swap", system: true });
    }
    return found;
}

/** Return the layer that a path in a table of /proc refers to. */
async function layerAt(path: string, layers: Layer[], { dev }: Roots): Promise<Layer | undefined> {
    if (!path.startsWith("/dev/")) return undefined;
    const node = join(dev, unescaped(path).slice("/dev/".length));
    const stats = await stat(node).catch(() => undefined);
    const number = stats?.isBlockDevice() ? numberOf(stats.rdev) : undefined;
    return layers.find((layer) => layer.number === number || layer.name === basename(node));
}

/** Decode the octal escapes of these tables: blanks, tabs, newlines and backslashes. */
function unescaped(text: string): string {
    return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}
