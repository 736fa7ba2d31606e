/** Bytes per transfer: large enough for full speed, since the erase blocks of sticks are about this large. */
export const CHUNK = 4 << 20;
/** Bytes that are compared and written as one unit. A multiple of every logical sector size in use. */
export const BLOCK = 64 << 10;
/** Bytes of the head: boot sector, partition tables and the descriptors of ISO 9660. */
export const HEAD = 1 << 20;

/** Declared here, because the types of WebAssembly come only with those of browsers. */
declare const WebAssembly: { Memory: new (descriptor: { initial: number }) => { buffer: ArrayBuffer } };

/**
 * Return buffers for direct access, which needs memory aligned to pages. The memory of WebAssembly is aligned (it is
 * mapped), that of Buffer.alloc is not.
 */
export function pages(sizes: number[]): Buffer[] {
    const whole = sizes.map((size) => Math.ceil(size / BLOCK) * BLOCK);
    const { buffer } = new WebAssembly.Memory({ initial: whole.reduce((sum, size) => sum + size, 0) / 65_536 });
    let at = 0;
    return whole.map((size) => Buffer.from(buffer, (at += size) - size, size));
}
