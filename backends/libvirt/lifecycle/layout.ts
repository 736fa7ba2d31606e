import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

import type { BlockSpec, GuestPlan, Part, Platform } from "../../../spec";
import type { HostFile } from "../host";

/** The console of this boot. */
export const CONSOLE_LOG = "console.log";

export interface Put { name: string; parts: Part[]; mode: number }

/** Which files of the guest's folder a plan boots from, and how each comes to be. */
export interface Layout {
    kernel: string;
    initrd?: string;
    /** What each disk boots from, in the order of spec.blocks. */
    disks: string[];
    puts: Put[];
    /** Fresh private copies, made at every start. */
    copies: Copy[];
    /** Every name that belongs to this definition. */
    files: string[];
    /** The plan, with the formats that its persist disks really have. */
    plan: GuestPlan;
}

export interface Copy { from: string; to: string }

const PUBLIC = 0o644;
const PRIVATE = 0o600;

/** Names carry digests, so that new files lie beside the old. `present` is what the folder holds now. */
export async function layOut(plan: GuestPlan, present: HostFile[]): Promise<Layout> {
    const puts: Put[] = [{ name: `kernel-${short(plan.digests.kernel)}`, parts: [{ file: plan.spec.kernel }], mode: PUBLIC }];
    const kernel = puts[0]!.name;
    let initrd: string | undefined;
    if (plan.boot.initrd.length) {
        initrd = `initrd-${short(await initrdDigest(plan))}`;
        puts.push({ name: initrd, parts: plan.boot.initrd, mode: plan.boot.secret ? PRIVATE : PUBLIC });
    }
    const disks = plan.spec.blocks.map((block, index) => {
        const taken = plan.spec.blocks.slice(0, index).filter((other) => other.name === block.name).length;
        return layDisk({ ...block, name: fileName(block.name) + (taken ? `.${taken + 1}` : "") }, index, plan, present);
    });
    puts.push(...disks.flatMap((disk) => disk.put ?? []));
    const copies = disks.flatMap((disk) => disk.copy ?? []);
    return {
        kernel, initrd, disks: disks.map((disk) => disk.name), puts, copies,
        files: [...new Set([...puts.map((put) => put.name), ...disks.map((disk) => disk.name)])],
        plan: { ...plan, spec: { ...plan.spec, blocks: disks.map((disk) => disk.block) } },
    };
}

interface Disk { name: string; block: BlockSpec; put?: Put; copy?: Copy }

function layDisk(named: BlockSpec, index: number, plan: GuestPlan, present: HostFile[]): Disk {
    const block = plan.spec.blocks[index]!;
    const extension = block.format === "qcow2" ? "qcow2" : "img";
    const parts = [{ file: plan.blockFiles[index]! }];
    if (block.access === "persist") {
        const kept = present.find(({ name }) => name === `${named.name}${PERSIST}img` || name === `${named.name}${PERSIST}qcow2`)?.name;
        // What the guest wrote stays, whatever became of the image.
        if (kept) return { name: kept, block: { ...block, format: keptFormat(kept, block) } };
        const name = `${named.name}${PERSIST}${extension}`;
        return { name, block, put: { name, parts, mode: PRIVATE } };
    }
    const name = `${named.name}-${short(plan.digests.blocks[index]!)}.${extension}`;
    const put = { name, parts, mode: PUBLIC };
    if (!isPrivate(block, plan.guest.writableDisks, plan.spec.platform)) return { name, block, put };
    const to = scratchOf(name);
    return { name: to, block, put, copy: { from: name, to } };
}

function keptFormat(name: string, block: BlockSpec): BlockSpec["format"] {
    const qcow2 = name.endsWith(".qcow2");
    if (qcow2) return "qcow2";
    return block.format === "qcow2" ? "raw" : block.format;
}

function isPrivate({ access }: BlockSpec, writable: Platform[], platform: Platform): boolean {
    return access === "scratch" || writable.includes(platform);
}

const PERSIST = ".persist.";
const SCRATCH = ".scratch.";

const scratchOf = (name: string): string => name.replace(/\.([^.]+)$/, `${SCRATCH}$1`);

/** The copies that a definition needs before a start, read off its own file names: a rollback knows no plan. */
export function copiesOf(files: string[]): Copy[] {
    return files.filter((name) => name.includes(SCRATCH)).map((to) => ({ from: to.replace(SCRATCH, "."), to }));
}

/** Data of the user that no update and no plain delete removes. */
export function isPersist(name: string): boolean {
    return name.includes(PERSIST);
}

/** A name that HostFiles takes; two different names never become one. */
function fileName(name: string): string {
    if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/.test(name)) return name;
    return `disk-${short(createHash("sha256").update(name).digest("hex"))}-${name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 40)}`;
}

/** A config with a secret is not hashed as it is: the name of a file can be read by others. */
async function initrdDigest({ boot, digests }: GuestPlan): Promise<string> {
    const hash = createHash("sha256");
    const files = boot.initrd.filter((part) => "file" in part).length;
    for (const part of boot.initrd) {
        if ("bytes" in part) hash.update(boot.secret ? `${digests.config} ${part.bytes.length}` : part.bytes);
        else if (files === 1 && digests.initrd) hash.update(digests.initrd);
        else for await (const chunk of createReadStream(part.file)) hash.update(chunk);
    }
    return hash.digest("hex");
}

export const short = (digest: string): string => digest.slice(0, 16);
