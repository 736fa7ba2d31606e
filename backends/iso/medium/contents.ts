import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { basename } from "node:path";
import { initramfsFrame } from "../../../guests";
import {
    type ConsoleKind,
    type Firmware,
    type GuestPlan,
    type MediumBoot,
    type Part,
    UnikernelError,
} from "../../../model";
import { grubConfig, markPath } from "./grubConfig";
import { mediumProblems } from "./problems";
import { wordsFor } from "./quote";

/** Increased when the same declaration gives a different image, so that media are rebuilt. */
const LAYOUT = 1;
const LABEL = "UNIKERNEL";

export interface MediumFile {
    /** Absolute, on the medium. */
    path: string;
    /** Concatenated. */
    parts: Part[];
    /** Digest of the content, 64 hex digits, where the plan knows it. The build refuses other content. */
    sha256?: string;
    /** The property that it comes from, for errors. */
    property?: string;
    /** The boot loader loads it before the guest runs. */
    loaded: boolean;
}

/** A file of the medium, and the local file with its content. */
export interface Placed {
    path: string;
    source: string;
}

/** Everything that determines the bytes of a medium, except the programs that build it. */
export interface MediumContents {
    /**
     * Digest of all the rest, 32 hex digits. It is on the medium, and covers the configuration in plain: with `secret`
     * it must not appear in state or logs.
     */
    id: string;
    label: string;
    console: ConsoleKind[];
    protocol: MediumBoot["protocol"];
    /** The firmware under which it boots, which is that of the guest. */
    firmware: Firmware[];
    /** Sorted by path. Includes `/boot/grub/grub.cfg` and the mark file with the id, but not the boot loader itself. */
    files: MediumFile[];
    grubConfig: string;
    /** It holds a secret in plain. */
    secret: boolean;
    /** Key of the digests in the manifest, if the medium holds a secret. */
    digestKey?: string;
}

/** Return whether a medium of this plan holds a secret, in its guest's configuration or in a data image. */
export function holdsSecret({ boot, spec }: Pick<GuestPlan, "boot" | "spec">): boolean {
    return boot.secret || spec.blocks.some(({ secret }) => secret);
}

/**
 * Return the files on the medium of a plan and its boot script. Reads only the sizes of files.
 * @throws UnikernelError `invalid` (a boot loader cannot pass the command line unchanged; two files with one path),
 * `not-found`
 */
export function mediumOf(plan: GuestPlan): MediumContents {
    const { spec, guest, boot } = plan;
    const { medium } = boot;
    if (!medium) throw new UnikernelError("internal", `a ${spec.guest} guest was not encoded for a medium`);
    const [problem] = mediumProblems(boot);
    if (problem) throw new UnikernelError("invalid", problem.reason, { property: problem.property });
    const console = spec.console ?? ["serial", "vga"];
    const label = spec.label ?? LABEL;
    const kernel = kernelPath(medium, spec.kernel);
    const tail = tailPath(medium);
    const inMemory = framedImages(plan, medium);
    const script = grubConfig({
        name: spec.name,
        console,
        protocol: medium.protocol,
        kernel,
        words: wordsFor(boot.cmdline) ?? [],
        load: [...(boot.initrd.length > 0 ? [tail] : []), ...inMemory.load],
    });
    const files: MediumFile[] = [
        { path: kernel, parts: [{ file: spec.kernel }], sha256: plan.digests.kernel, property: "kernel", loaded: true },
        ...(boot.initrd.length > 0 ? [{ path: tail, parts: boot.initrd, property: "initrd", loaded: true }] : []),
        ...medium.blocks.map(({ where, path }, index) =>
            blockFile(plan, index, where === "memory" ? imagePath(index) : path, where === "memory"),
        ),
        ...inMemory.frame,
        ...Object.entries(medium.files).map(([path, text]) => ({
            path,
            parts: [{ bytes: Buffer.from(text) }],
            loaded: false,
        })),
        { path: "/boot/grub/grub.cfg", parts: [{ bytes: Buffer.from(script) }], loaded: false },
    ];
    refuseTwins(files);
    const firmware = (["bios", "uefi"] as const).filter((one) => guest.firmware.includes(one));
    const id = digest([
        LAYOUT,
        label,
        firmware,
        medium.protocol,
        files.map((file) => [file.path, ...identityOf(file, plan)]),
    ]);
    const mark = { path: markPath(id), parts: [{ bytes: Buffer.from(`${id}\n`) }], loaded: false };
    return {
        id,
        label,
        console,
        protocol: medium.protocol,
        firmware,
        files: [...files, mark].sort((a, b) => (a.path < b.path ? -1 : 1)),
        grubConfig: script,
        secret: holdsSecret(plan),
        digestKey: plan.digestKey,
    };
}

/**
 * Return the kernel's path on the medium. A multiboot kernel sees its name, so it keeps it, unless the name collides
 * with ours. A Linux kernel does not, so its path has no text of the user.
 */
function kernelPath({ protocol }: MediumBoot, kernel: string): string {
    const name = basename(kernel);
    return protocol === "linux" || ["grub", "module"].includes(name) ? "/boot/kernel" : `/boot/${name}`;
}

function tailPath({ protocol }: MediumBoot): string {
    return protocol === "linux" ? "/boot/initrd" : "/boot/module";
}

function imagePath(index: number): string {
    return `/images/${index}`;
}

/**
 * Frame the images in memory as members of an initramfs: the boot loader reads its parts one after the other, each at
 * a multiple of 4 bytes, so the images need no copy. Not every kernel accepts GRUB's own `newc:`
 * (guests/linux/cpio.ts).
 */
function framedImages({ blockFiles }: GuestPlan, { blocks }: MediumBoot): { frame: MediumFile[]; load: string[] } {
    const inside = blocks.flatMap(({ where, path }, index) =>
        where === "memory"
            ? [{ index, member: { path: path.slice(1), mode: 0o600, size: sizeOf(blockFiles[index]!, index) } }]
            : [],
    );
    if (inside.length === 0) return { frame: [], load: [] };
    const { heads, end } = initramfsFrame(inside.map(({ member }) => member));
    const piece = (name: string | number, bytes: Buffer): MediumFile => ({
        path: `/boot/frame/${name}`,
        parts: [{ bytes }],
        loaded: true,
    });
    return {
        frame: [...heads.map((head, at) => piece(inside[at]!.index, head)), piece("end", end)],
        load: [...inside.flatMap(({ index }) => [`/boot/frame/${index}`, imagePath(index)]), "/boot/frame/end"],
    };
}

function sizeOf(path: string, index: number): number {
    const file = statSync(path, { throwIfNoEntry: false });
    if (file) return file.size;
    throw new UnikernelError("not-found", `there is no ${path}`, { property: `blocks[${index}]` });
}

function blockFile({ spec, blockFiles }: GuestPlan, index: number, path: string, loaded: boolean): MediumFile {
    const block = spec.blocks[index]!;
    return {
        path,
        parts: [{ file: blockFiles[index]! }],
        loaded,
        property: `blocks[${index}]`,
        // The digest of a file that the user named covers its content; that of a data image covers its tree.
        ...(block.path === undefined ? {} : { sha256: block.digest }),
    };
}

/** Return the identity of a file's content, by digests for local files: paths of this machine do not count. */
function identityOf({ parts, sha256, property }: MediumFile, { spec, digests }: GuestPlan): unknown[] {
    const block = /^blocks\[(\d+)\]$/.exec(property ?? "");
    if (block) return ["block", spec.blocks[Number(block[1])]!.digest];
    return parts.map((part) =>
        "bytes" in part
            ? ["bytes", createHash("sha256").update(part.bytes).digest("hex")]
            : ["file", sha256 ?? digests.initrd],
    );
}

function refuseTwins(files: MediumFile[]): void {
    const paths = new Map<string, MediumFile>();
    for (const file of files) {
        const other = paths.get(file.path);
        if (other)
            throw new UnikernelError(
                "invalid",
                `${file.path} of the medium is ${other.property ?? "the configuration"} already`,
                { property: file.property ?? "blocks", hint: "give one of them another name" },
            );
        paths.set(file.path, file);
    }
}

function digest(what: unknown): string {
    return createHash("sha256").update(JSON.stringify(what)).digest("hex").slice(0, 32);
}
