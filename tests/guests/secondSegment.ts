/** System V ABI, chapter 5: the second program header of an ELF file of 32 bits. The test kernels have a load and a note. */
const SECOND = 52 + 32;
const LOAD = 1;

/** Return a test kernel whose second segment is loaded at an address, without a byte of the file. @param memory its bytes of memory */
export function withSecondSegment(kernel: Uint8Array, address: number, memory: number): Buffer {
    const bytes = Buffer.from(kernel);
    const header = [LOAD, 0, address, address, 0, memory];
    for (const [index, value] of header.entries()) bytes.writeUInt32LE(value, SECOND + 4 * index);
    return bytes;
}
