import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { createReadStream } from "node:fs";
import type { BlockSpec, GuestPlan, Part, Platform } from "../../../spec";
import { keyBytes, UnikernelError } from "../../../spec";
import { diskNames, isFileOf, persistFile, persistFiles } from "../../diskNames";
import type { HostFile } from "../host";
import type { FileRecord } from "../model";

export { isPersist } from "../../diskNames";

/** The console of this boot. */
export const CONSOLE_LOG = "console.log";
/** Of the boot before. */
export const LAST_CONSOLE_LOG = "console.last.log";

export interface Put {
    name: string;
    parts: Part[];
    mode: number;
    /** sha256 of the file's bytes, where it is known: what is copied is compared with it. */
    digest?: string;
    /** The file will hold what the guest writes: it is made once, and never over another. */
    seed?: boolean;
}

/** Which files of the guest's folder a plan boots from, and how each comes to be. */
export interface Layout {
    kernel: string;
    initrd?: string;
    /** What each disk boots from, in the order of spec.blocks. */
    disks: string[];
    puts: Put[];
    /** Every name that belongs to this definition. */
    files: string[];
    /** The plan, with the formats that its persist disks really have. */
    plan: GuestPlan;
}

const PUBLIC = 0o644;
/** For files with secrets, and for what the guest writes. */
export const PRIVATE = 0o600;

/**
 * Names carry digests, so that new files lie beside the old. `present` is what the folder holds now.
 * @param former files of the definition that is there, where it boots the same
 * @param recorded what the guest's mark says of its files
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
        // What the guest wrote stays, whatever became of the image.
        if (kept) return { name: kept, block: { ...block, format: keptFormat(kept, block) } };
        const name = persistFile(base, block.format, block.reseed);
        return { name, block, put: { name, parts, mode: PRIVATE, digest: fileDigest(block), seed: true } };
    }
    const name = imageName(base, extension, { ...block, digest: plan.digests.blocks[index]! }, former);
    const put = { name, parts, mode: block.secret ? PRIVATE : PUBLIC, digest: fileDigest(block) };
    if (!isPrivate(block, plan.guest.writableDisks, plan.spec.platform)) return { name, block, put };
    // The copy itself is made anew at every start.
    return { name: scratchOf(name), block, put };
}

/** The file with a persist disk's data: of the seeding that is asked for; else the one in the record, or the only one that there is. */
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
            hint: "move those away that are not to be used, or set reseed to the text of the seeding whose data are to be used",
        },
    );
}

/** The digest of a block that is a file is that file's; one of a data image is its tree's. */
function fileDigest({ path, digest }: BlockSpec): string | undefined {
    return path === undefined ? undefined : digest;
}

/**
 * By its digest; of a secret image by another one, so that it is not taken for the copy that 0.1.0 made for all to read. A guest that boots
 * the same keeps that copy: another name would be another definition, and a restart.
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

/** The copies that a definition needs before a start, read off its own file names: a rollback knows no plan. */
export function copiesOf(files: string[]): { from: string; to: string }[] {
    return files
        .filter((name) => /\.scratch\.(img|qcow2)$/.test(name))
        .map((to) => ({ from: to.replace(/\.scratch\.([^.]+)$/, ".$1"), to }));
}

/** What the guest said, with the older parts that virtlogd moves aside. */
export function isConsole(name: string): boolean {
    return name === LAST_CONSOLE_LOG || /^console\.log(\.\d+)?$/.test(name);
}

/** What the guest is told at each start: nothing boots from it. */
export function isTold(name: string): boolean {
    return /^config-[0-9a-f]{16}$/.test(name);
}

/**
 * By what is in it. A guest that boots the same keeps the name that release 0.1.0 gave a file with a secret: another one would be
 * another definition, and a restart.
 */
async function nameOf(kind: "initrd" | "config", plan: GuestPlan, parts: Part[], former: string[]): Promise<string> {
    const before = plan.boot.secret ? `${kind}-${short(await formerDigest(plan, parts))}` : undefined;
    return before !== undefined && former.includes(before)
        ? before
        : `${kind}-${short(await partsDigest(plan, parts))}`;
}

/** As in 0.1.0: it covers neither a MAC nor the access of a block. */
function formerDigest(plan: GuestPlan, parts: Part[]): Promise<string> {
    return digestOf(
        createHash("sha256"),
        plan,
        parts.map((part) =>
            "bytes" in part ? { bytes: Buffer.from(`${plan.digests.config} ${part.bytes.length}`) } : part,
        ),
    );
}

/** Keyed where a secret is in it: the name of a file can be read by others, and a plain hash of a short password be guessed. */
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
