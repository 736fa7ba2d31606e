import { open } from "node:fs/promises";
import type { ImageFormat } from "../../spec";

/**
 * What is in a disk file, by its own marks: qcow2's magic, the "CD001" of ECMA-119 in sector 16, ext's superblock
 * at 1024 (s_magic 0xEF53; s_feature_incompat bit 0x40, extents, is ext4's). Anything else is raw.
 */
export async function formatOf(path: string): Promise<ImageFormat> {
    const file = await open(path, "r");
    try {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(32_774), 0, 32_774, 0);
        const head = buffer.subarray(0, bytesRead);
        if (head.toString("hex", 0, 4) === "514649fb") return "qcow2";
        if (head.toString("latin1", 32_769, 32_774) === "CD001") return "iso9660";
        if (head.length < 2048 || head.readUInt16LE(1024 + 0x38) !== 0xef53) return "raw";
        return head.readUInt32LE(1024 + 0x60) & 0x40 ? "ext4" : "ext2";
    } finally {
        await file.close();
    }
}
