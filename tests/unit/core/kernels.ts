/**
 * A file with the headers of a Linux bzImage (Documentation/arch/x86/boot.rst) and no code.
 * @param marker makes it another file with the same headers
 */
export function bzImage(marker: string): Buffer {
    const image = Buffer.alloc(4096);
    image.writeUInt8(1, 0x1f1); // setup_sects
    image.writeUInt32LE((4096 - 1024) / 16, 0x1f4); // syssize
    image.writeUInt16LE(0xaa55, 0x1fe);
    image.write("HdrS", 0x202, "latin1");
    image.writeUInt16LE(0x020f, 0x206); // protocol 2.15
    image.writeUInt8(1, 0x211); // LOADED_HIGH
    image.writeUInt32LE(2047, 0x238); // cmdline_size
    image.write(marker, 2048, "latin1");
    return image;
}
