import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { createReadStream } from "node:fs";
import type { BlockSpec, GuestPlan, Part, Platform } from "../../../../model";
import { keyBytes, UnikernelError } from "../../../../model";
import { diskNames, isFileOf, persistFile, persistFiles } from "../../../diskNames";
import type { HostFile } from "../../host";
import type { FileRecord } from "../../model";

export { isPersist } from "../../../diskNames";

/** Console log of the present boot. */
export const CONSOLE_LOG = "console.log";
/** Console log of the previous boot. */
export const LAST_CONSOLE_LOG = "console.last.log";

export interface Put {
    name: string;
    parts: Part[];
    mode: number;
    /** sha256 of the content, where it is known: the copy is compared with it. */
    digest?: string;
    /** The guest will write to the file: it is created once, and never replaces another. */
    seed?: boolean;
}

/** The files in a guest's folder that a plan boots from, and how each is made. */
export interface Layout {
    kernel: string;
    initrd?: string;
    /** The file of each disk, in the order of spec.blocks. */
    disks: string[];
    puts: Put[];
    /** Every name that belongs to this definition. */
    files: string[];
    /** The plan, with the actual formats of its persist disks. */
    plan: GuestPlan;
}

const PUBLIC = 0o644;
/** For files with secrets, and files that the guest writes. */
export const PRIVATE = 0o600;

/**
 * Return the layout of a plan. Names carry digests, so that new files lie beside the old ones.
 * @param present files in the folder now
 * @param former files of the existing definition, if it boots the same
 * @param recorded file records in the guest's mark
 */
export async function layOut(
    plan: GuestPlan,
    present: HostFile[],
    former: string[] = [],
    recorded: FileRecord[] = [],
): Promise<Layout> {
    const puts: Put[] = [
        {
            name: `kernel-${short(plan.digests.kernel)}`,
            parts: [{ file: plan.spec.kernel }],
            mode: PUBLIC,
            digest: plan.digests.kernel,
        },
    ];
    const kernel = puts[0]!.name;
    let initrd: string | undefined;
    if (plan.boot.initrd.length) {
        initrd = await nameOf("initrd", plan, plan.boot.initrd, former);
        puts.push({ name: initrd, parts: plan.boot.initrd, mode: plan.boot.secret ? PRIVATE : PUBLIC });
    }
    if (plan.boot.xenstore) {
        const parts = [{ bytes: Buffer.from(plan.boot.xenstore.value) }];
        puts.push({ name: await nameOf("config", plan, parts, former), parts, mode: PRIVATE });
    }
    const disks = diskNames(plan.spec.blocks).map((name, index) =>
        layDisk(name, index, { plan, present, former, recorded }),
    );
    puts.push(...disks.flatMap((disk) => disk.put ?? []));
    return {
        kernel,
        initrd,
        disks: disks.map((disk) => disk.name),
        puts,
        files: [...new Set([...puts.map((put) => put.name), ...disks.map((disk) => disk.name)])],
        plan: { ...plan, spec: { ...plan.spec, blocks: disks.map((disk) => disk.block) } },
    };
}

interface Disk {
    name: string;
    block: BlockSpec;
    put?: Put;
}

interface Before {
    plan: GuestPlan;
    present: HostFile[];
    former: string[];
    recorded: FileRecord[];
}

function layDisk(base: string, index: number, { plan, present, former, recorded }: Before): Disk {
    const block = plan.spec.blocks[index]!;
    const extension = block.format === "qcow2" ? "qcow2" : "img";
    const parts = [{ file: plan.blockFiles[index]! }];
    if (block.access === "persist") {
        const kept = dataOf(
            base,
            block,
            present.map(({ name }) => name),
            recorded,
        );
        // Data that the guest wrote stays, even if the image has changed.
        if (kept) return { name: kept, block: { ...block, format: keptFormat(kept, block) } };
        const name = persistFile(base, block.format, block.reseed);
        return { name, block, put: { name, parts, mode: PRIVATE, digest: fileDigest(block), seed: true } };
    }
    const name = imageName(base, extension, { ...block, digest: plan.digests.blocks[index]! }, former);
    const put = { name, parts, mode: block.secret ? PRIVATE : PUBLIC, digest: fileDigest(block) };
    if (!isPrivate(block, plan.guest.writableDisks, plan.spec.platform)) return { name, block, put };
    // The copy itself is renewed at every start.
    return { name: scratchOf(name), block, put };
}

/** Return the file with a persist disk's data: that of the declared reseed, or the recorded one, or the only one. */
function dataOf(
    base: string,
    { name, reseed }: BlockSpec,
    present: string[],
    recorded: FileRecord[],
): string | undefined {
    if (reseed !== undefined) return present.find((file) => persistFiles(base, reseed).includes(file));
    const found = present.filter((file) => isFileOf(base, file));
    const known = found.find((file) => recorded.some((record) => record.name === file && record.role === "persist"));
    if (known !== undefined || found.length < 2) return known ?? found[0];
    throw new UnikernelError(
        "in-use",
        `the folder of this guest has ${found.join(" and ")}, and no record says which of them is the persist disk ${name}`,
        {
            hint: "move the files away that should not be used, or set reseed to the text of the seeding whose data should be used",
        },
    );
}

/**
 * Return the digest of a block's content, if known: that of a file covers its content, that of a data image its tree.
 */
function fileDigest({ path, digest }: BlockSpec): string | undefined {
    return path === undefined ? undefined : digest;
}

/**
 * Return the name of an image, by its digest. A secret image gets another digest, to distinguish it from the
 * world-readable copy of release 0.1.0. A guest that boots the same keeps that copy: another name would mean another
 * definition and a restart.
 */
function imageName(base: string, extension: string, { digest, secret }: BlockSpec, former: string[]): string {
    const name = `${base}-${short(digest)}.${extension}`;
    if (!secret || former.includes(name)) return name;
    return `${base}-${short(createHash("sha256").update(`private ${digest}`).digest("hex"))}.${extension}`;
}

function keptFormat(name: string, block: BlockSpec): BlockSpec["format"] {
    if (name.endsWith(".qcow2")) return "qcow2";
    return block.format === "qcow2" ? "raw" : block.format;
}

function isPrivate({ access }: BlockSpec, writable: Platform[], platform: Platform): boolean {
    return access === "scratch" || writable.includes(platform);
}

const scratchOf = (name: string): string => name.replace(/\.([^.]+)$/, ".scratch.$1");

/** Return the copies that a definition needs before a start, by its file names alone: a rollback has no plan. */
export function copiesOf(files: string[]): { from: string; to: string }[] {
    return files
        .filter((name) => /\.scratch\.(img|qcow2)$/.test(name))
        .map((to) => ({ from: to.replace(/\.scratch\.([^.]+)$/, ".$1"), to }));
}

/** Return whether a file is a console log, including the older parts that virtlogd rotates. */
export function isConsole(name: string): boolean {
    return name === LAST_CONSOLE_LOG || /^console\.log(\.\d+)?$/.test(name);
}

/** Return whether a file holds the configuration that a guest gets at each start; no guest boots from it. */
export function isConfigFile(name: string): boolean {
    return /^config-[0-9a-f]{16}$/.test(name);
}

/**
 * Return a file's name by its content. A guest that boots the same keeps the name that release 0.1.0 gave a file with a
 * secret: another name would mean another definition and a restart.
 */
async function nameOf(kind: "initrd" | "config", plan: GuestPlan, parts: Part[], former: string[]): Promise<string> {
    const before = plan.boot.secret ? `${kind}-${short(await formerDigest(plan, parts))}` : undefined;
    return before !== undefined && former.includes(before)
        ? before
        : `${kind}-${short(await partsDigest(plan, parts))}`;
}

/** Return the digest as release 0.1.0 made it: it covers neither a MAC nor the access of a block. */
function formerDigest(plan: GuestPlan, parts: Part[]): Promise<string> {
    return digestOf(
        createHash("sha256"),
        plan,
        parts.map((part) =>
            "bytes" in part ? { bytes: Buffer.from(`${plan.digests.config} ${part.bytes.length}`) } : part,
        ),
    );
}

/**
 * Return a digest, keyed for parts with a secret: other users can read file names, and could guess a short password
 * from a plain hash.
 */
function partsDigest(plan: GuestPlan, parts: Part[]): Promise<string> {
    const {
        boot: { secret },
        digestKey,
    } = plan;
    if (!secret) return digestOf(createHash("sha256"), plan, parts);
    if (digestKey === undefined) return formerDigest(plan, parts);
    return digestOf(createHmac("sha256", keyBytes(digestKey)), plan, parts);
}

async function digestOf(hash: Hash | Hmac, { digests }: GuestPlan, parts: Part[]): Promise<string> {
    const files = parts.filter((part) => "file" in part).length;
    for (const part of parts) {
        if ("bytes" in part) hash.update(part.bytes);
        else if (files === 1 && digests.initrd) hash.update(digests.initrd);
        else for await (const chunk of createReadStream(part.file)) hash.update(chunk);
    }
    return hash.digest("hex");
}

export const short = (digest: string): string => digest.slice(0, 16);
