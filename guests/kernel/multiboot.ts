import type { KernelFacts, MultibootFacts } from "./facts";

const MAGIC = 0x1badb002;
const SEARCHED = 8192;
const ADDRESSES = 1 << 16;

/**
 * Find the header as a loader does: wholly within the first 8192 bytes, at a multiple of 4, with a checksum that adds
 * up to 0.
 */
export function findMultiboot(head: Buffer): MultibootFacts | undefined {
    const end = Math.min(head.length, SEARCHED);
    for (let offset = 0; offset + 12 <= end; offset += 4) {
        if (head.readUInt32LE(offset) !== MAGIC) continue;
        const flags = head.readUInt32LE(offset + 4);
        const checksum = head.readUInt32LE(offset + 8);
        const addresses = (flags & ADDRESSES) !== 0;
        const length = addresses ? 32 : 12;
        if ((MAGIC + flags + checksum) % 2 ** 32 === 0 && offset + length <= end) return { offset, flags, addresses };
    }
    return undefined;
}

/**
 * Return whether QEMU starts a kernel by multiboot: it takes a 64-bit ELF only where the header has load addresses
 * (hw/i386/multiboot.c).
 */
export function bootsByMultiboot({ elf, multiboot }: KernelFacts): boolean {
    return multiboot !== undefined && (elf?.bits === 32 || multiboot.addresses);
}
