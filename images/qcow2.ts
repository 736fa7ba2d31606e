import { hashWhileWritten, run } from "../localFiles";
import type { FileEntry } from "./entry";
import type { Format } from "./format";
import { imageKind, readHead } from "./magic";
import { checkDiskOptions, onlyFile, tooSmall } from "./raw";
import { stageTexts } from "./stage";

/** A disk in QEMU's format, made from one raw or qcow2 file. `size` is the size of the virtual disk. */
export const qcow2: Format = {
    holds: "file",
    check: checkDiskOptions,
    async checkTree({ single }, options) {
        if (!single) return ["must be one file for format qcow2, or a map that has one"];
        if ((await imageKind(single)) !== "qcow2") return tooSmall(single.size, options);
        const { diskSize, references } = await readHeader(single);
        return [
            ...(references
                ? [
                      "is a qcow2 image that needs another file (a backing or data file); flatten it with qemu-img convert first",
                  ]
                : []),
            ...tooSmall(diskSize, options),
        ];
    },
    async build(tree, { size }, path, { staging, timeout, onProgress }) {
        const entry = onlyFile(tree);
        const file =
            "file" in entry.content ? entry.content.file : (await stageTexts([entry], staging)).get(entry.sha256)!;
        const driver = (await imageKind(entry)) === "qcow2" ? "qcow2" : "raw";
        // In this form QEMU does not probe the format, and opens no other file, whatever the header says.
        const source = {
            driver,
            ...(driver === "qcow2" ? { backing: null } : {}),
            file: { driver: "file", filename: file },
        };
        await run("qemu-img", ["convert", "-O", "qcow2", `json:${JSON.stringify(source)}`, path], { timeout });
        if (size !== undefined) await run("qemu-img", ["resize", "-q", "-f", "qcow2", path, `${size}`], { timeout });
        onProgress(tree.bytes);
        return hashWhileWritten(path, Promise.resolve(), () => undefined, tree.bytes);
    },
};

async function readHeader({ content }: FileEntry): Promise<Header> {
    return headerOf("file" in content ? await readHead(content.file, 80) : Buffer.alloc(0));
}

interface Header {
    diskSize: number;
    references: boolean;
}

/**
 * Fields by QEMU's docs/interop/qcow2.txt: backing_file_offset at 8, size at 24, version at 4, incompatible_features at
 * 72 (bit 2: external data file).
 */
function headerOf(head: Buffer): Header {
    if (head.length < 72) return { diskSize: 0, references: false };
    const dataFile = head.readUInt32BE(4) >= 3 && head.length >= 80 && (head.readBigUInt64BE(72) & 4n) !== 0n;
    return { diskSize: Number(head.readBigUInt64BE(24)), references: dataFile || head.readBigUInt64BE(8) !== 0n };
}

/** Return whether a qcow2 image refers to another file, so that a copy of it alone is incomplete. */
export async function needsAnotherFile(path: string): Promise<boolean> {
    return headerOf(await readHead(path, 80)).references;
}
