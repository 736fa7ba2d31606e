import { open } from "node:fs/promises";
import type { ImageFormat } from "../model";
import type { FileEntry, Tree } from "./entry";

/**
 * Return the format of a disk file by its magic: qcow2's, the "CD001" of ECMA-119 in sector 16, or ext's superblock at
 * 1024 (s_magic 0xEF53; bit 0x40 of s_feature_incompat, extents, means ext4). Anything else is raw.
 */
export async function formatOf(path: string): Promise<ImageFormat> {
    const head = await readHead(path, 32_774);
    if (head.toString("hex", 0, 4) === "514649fb") return "qcow2";
    if (head.toString("latin1", 32_769, 32_774) === "CD001") return "iso9660";
    if (head.length < 2048 || head.readUInt16LE(1024 + 0x38) !== 0xef53) return "raw";
    return head.readUInt32LE(1024 + 0x60) & 0x40 ? "ext4" : "ext2";
}

/** Return the format of a file that is to go into an image; undefined when it is no image itself. */
export async function imageKind(entry: FileEntry): Promise<ImageFormat | undefined> {
    if (!("file" in entry.content)) return undefined;
    const format = await formatOf(entry.content.file);
    return format === "raw" ? undefined : format;
}

/** Refuse an image as the only file of an image: this mistake would otherwise show only inside the guest. */
export async function refuseImageFile({ single }: Tree): Promise<string[]> {
    const kind = single && (await imageKind(single));
    if (!kind) return [];
    const format = kind === "qcow2" ? "qcow2" : "raw";
    return [
        `is itself a ${kind} image; use format "${format}" to use it as it is, or a folder that holds it to have it inside an image`,
    ];
}

export async function readHead(file: string, length: number): Promise<Buffer> {
    const handle = await open(file, "r");
    try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
        return buffer.subarray(0, bytesRead);
    } finally {
        await handle.close();
    }
}
