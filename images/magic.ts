import { open } from "node:fs/promises";
import type { FileEntry, Tree } from "./entry";

/** What a file begins like: ECMA-119 8.4 (sector 16), ext2 superblock magic 0xEF53, QCOW2 header magic "QFI\xfb". */
export type ImageKind = "iso9660" | "ext" | "qcow2" | undefined;

export async function imageKind(entry: FileEntry): Promise<ImageKind> {
    if (!("file" in entry.content)) return undefined;
    const head = await readHead(entry.content.file, 32_774);
    if (head.subarray(0, 4).equals(Buffer.from([0x51, 0x46, 0x49, 0xfb]))) return "qcow2";
    if (head.subarray(32_769, 32_774).toString("latin1") === "CD001") return "iso9660";
    return head.length >= 1082 && head.readUInt16LE(1080) === 0xef53 ? "ext" : undefined;
}

/** A whole image as the only file of an image is a mistake that would only show inside the guest. */
export async function refuseImageFile({ single }: Tree): Promise<string[]> {
    const kind = single && (await imageKind(single));
    if (!kind) return [];
    const format = kind === "qcow2" ? "qcow2" : "raw";
    return [`is itself a ${kind} image; use format "${format}" to use it as it is, or a folder that holds it to have it inside an image`];
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
