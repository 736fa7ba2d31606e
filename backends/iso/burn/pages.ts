/** Bytes that move at once: large enough for the speed of a stick, whose erase blocks are of about this size. */
export const CHUNK = 4 << 20;
/** Bytes that are compared and written as one. A multiple of every logical sector there is. */
export const BLOCK = 64 << 10;
/** Bytes of the head: boot sector, partition tables and the descriptors of ISO 9660. */
export const HEAD = 1 << 20;

/** The one part of it that is used; its types come with those of browsers only. */
declare const WebAssembly: { Memory: new (descriptor: { initial: number }) => { buffer: ArrayBuffer } };

/**
 * Buffers for direct access, which takes only memory that begins at a page: that of WebAssembly does (it is mapped,
 * not allocated), that of Buffer.alloc does not.
 */
export function pages(sizes: number[]): Buffer[] {
    const whole = sizes.map((size) => Math.ceil(size / BLOCK) * BLOCK);
    const { buffer } = new WebAssembly.Memory({ initial: whole.reduce((sum, size) => sum + size, 0) / 65_536 });
    let at = 0;
    return whole.map((size) => Buffer.from(buffer, (at += size) - size, size));
}
