import { open } from "node:fs/promises";
import { hashWhileWritten, run } from "../localFiles";
import { UnikernelError } from "../model";
import { populate } from "./debugfs";
import type { ImageOptions } from "./digest";
import type { Tree } from "./entry";
import { type Format, fixedClock } from "./format";
import { refuseImageFile } from "./magic";

const BLOCK = 4096;
const MIB = 1024 * 1024;
const TRIES = 3;

interface Flavour {
    features: string;
    inodeSize: number;
    journalMiB: number;
    /** With less, mke2fs silently leaves the journal out. */
    minMiB: number;
}

/** ext2 without features younger than 2000, for guests with small drivers (NetBSD's, as in rumprun). */
export const ext2: Format = extFormat({
    features: "filetype,sparse_super,large_file",
    inodeSize: 128,
    journalMiB: 0,
    minMiB: 1,
});

/** ext4 with the usual features of Linux, including a journal and checksums. */
export const ext4: Format = extFormat({
    features:
        "has_journal,ext_attr,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum",
    inodeSize: 256,
    journalMiB: 4,
    minMiB: 10,
});

/**
 * Return a format made by mke2fs and filled by debugfs, which need neither root nor a mount. The image is
 * byte-identical for the same tree and e2fsprogs version.
 */
function extFormat(flavour: Flavour): Format {
    return {
        holds: "tree",
        check({ size, label }) {
            return [
                ...(size === undefined || (size >= flavour.minMiB * MIB && size % BLOCK === 0)
                    ? []
                    : [
                          {
                              property: "size",
                              reason: `must be at least ${flavour.minMiB} MiB and a multiple of ${BLOCK} bytes`,
                          },
                      ]),
                ...(label === undefined || /^[A-Za-z0-9_.-]{1,16}$/.test(label)
                    ? []
                    : [{ property: "label", reason: "an ext label has 1 to 16 characters of A-Z a-z 0-9 _ . -" }]),
            ];
        },
        checkTree: refuseImageFile,
        async build(tree, options, path, context) {
            for (let attempt = 1; ; attempt++) {
                const size = options.size ?? roundUp(defaultSize(tree, flavour) * 1.5 ** (attempt - 1), MIB);
                await makeEmpty(path, size, tree, options, flavour, context.digest, context.timeout);
                if (await populate(path, tree, context)) break;
                if (options.size !== undefined || attempt === TRIES) throw tooSmall(tree, size);
            }
            context.onProgress(tree.bytes);
            return hashWhileWritten(path, Promise.resolve(), () => undefined, tree.bytes);
        },
    };
}

async function makeEmpty(
    path: string,
    size: number,
    tree: Tree,
    { label }: ImageOptions,
    flavour: Flavour,
    digest: string,
    timeout: number,
): Promise<void> {
    const handle = await open(path, "w", 0o600);
    await handle.truncate(size);
    await handle.close();
    const uuid = uuidOf(digest);
    await run(
        "mke2fs",
        [
            "-q",
            "-F",
            "-b",
            `${BLOCK}`,
            "-I",
            `${flavour.inodeSize}`,
            "-N",
            `${inodes(tree)}`,
            "-m",
            "0",
            "-O",
            `none,${flavour.features}`,
            "-U",
            uuid,
            ...(label === undefined ? [] : ["-L", label]),
            ...(flavour.journalMiB ? ["-J", `size=${flavour.journalMiB}`] : []),
            "-E",
            `hash_seed=${uuid},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0,nodiscard`,
            path,
            `${size / BLOCK}`,
            // The machine's mke2fs.conf must not change the image.
        ],
        { env: { ...fixedClock, MKE2FS_CONFIG: "/dev/null" }, timeout },
    );
}

/**
 * Derive the file system's uuid from the digest (RFC 9562 version 8): two disks of one guest must differ, and the same
 * tree must always have the same.
 */
function uuidOf(digest: string): string {
    const hex = `${digest.slice(0, 12)}8${digest.slice(13, 16)}8${digest.slice(17, 32)}`;
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Return a tenth more inodes than there are entries, for files that the guest creates. */
function inodes(tree: Tree): number {
    return roundUp(Math.ceil(tree.entries.length * 1.1) + 64, 16);
}

/** Return the size in bytes: content and ext's own structures, a tenth more, and 4 MiB. */
function defaultSize(tree: Tree, { inodeSize, journalMiB, minMiB }: Flavour): number {
    const names = tree.entries.reduce(
        (sum, { path }) => sum + 12 + Buffer.byteLength(path.slice(path.lastIndexOf("/") + 1)),
        0,
    );
    const blocks = tree.entries.reduce(
        (sum, entry) => {
            if (entry.type !== "file") return sum + 1;
            const content = Math.ceil(entry.size / BLOCK);
            // Indirect blocks hold 1024 addresses.
            return sum + content + (content > 12 ? Math.ceil(content / 1000) + 3 : 0);
        },
        Math.ceil((names * 1.2) / BLOCK),
    );
    const used = blocks * BLOCK + inodes(tree) * inodeSize;
    const groups = Math.ceil(used / (128 * MIB)) + 1;
    return Math.max(minMiB * MIB, (used + groups * 64 * 1024 + journalMiB * MIB) * 1.1 + 4 * MIB);
}

function tooSmall(tree: Tree, size: number): UnikernelError {
    return new UnikernelError("invalid", `${tree.files} files with ${tree.bytes} bytes do not fit into ${size} bytes`, {
        property: "size",
        hint: "give more, or leave `size` out to have it computed",
    });
}

function roundUp(value: number, step: number): number {
    return Math.ceil(value / step) * step;
}
