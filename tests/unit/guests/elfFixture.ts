export interface ElfNoteInput {
    owner: string;
    type: number;
    desc?: Buffer;
}
export interface ElfInput {
    bits?: 32 | 64;
    machine?: number;
    type?: number;
    /** Name → content. */
    sections?: Record<string, Buffer | string>;
    notes?: ElfNoteInput[];
    symbols?: string[];
    interpreter?: string;
    multiboot?: boolean;
    /** Without section headers, as after sstrip. */
    bare?: boolean;
}

const PT = { load: 1, interp: 3, note: 4 };
const SHT = { progbits: 1, symtab: 2, strtab: 3, note: 7 };

/** Writes a small ELF file with what is asked for, laid out as the gABI says (chapters 4 and 5). */
export function makeElf({
    bits = 64,
    machine = bits === 64 ? 62 : 3,
    type = 2,
    sections = {},
    notes,
    symbols,
    interpreter,
    multiboot,
    bare,
}: ElfInput): Buffer {
    const wide = bits === 64;
    const [headerSize, programSize, sectionSize] = wide ? [64, 56, 64] : [52, 32, 40];
    const pieces: { name: string; type: number; content: Buffer; link?: number }[] = [
        ...(multiboot
            ? [{ name: ".multiboot", type: SHT.progbits, content: words(0x1badb002, 3, -(0x1badb002 + 3)) }]
            : []),
        ...Object.entries(sections).map(([name, content]) => ({
            name,
            type: SHT.progbits,
            content: Buffer.from(content),
        })),
        ...(notes ? [{ name: ".note", type: SHT.note, content: Buffer.concat(notes.map(makeNote)) }] : []),
    ];
    if (symbols) {
        pieces.push({
            name: ".symtab",
            type: SHT.symtab,
            content: Buffer.alloc(wide ? 24 : 16),
            link: pieces.length + 2,
        });
        pieces.push({ name: ".strtab", type: SHT.strtab, content: Buffer.from(`\0${symbols.join("\0")}\0`) });
    }
    const names = Buffer.from(`\0${pieces.map((piece) => piece.name).join("\0")}\0.shstrtab\0`);
    pieces.push({ name: ".shstrtab", type: SHT.strtab, content: names });

    const segments = [PT.load, ...(notes ? [PT.note] : []), ...(interpreter ? [PT.interp] : [])];
    const interp = Buffer.from(interpreter ? `${interpreter}\0` : "");
    let at = headerSize + programSize * segments.length;
    const interpAt = at;
    at = align(at + interp.length);
    const placed = pieces.map((piece) => {
        const offset = at;
        at = align(at + piece.content.length);
        return { ...piece, offset };
    });
    const bodyEnd = at;
    const noteAt = placed.find((piece) => piece.type === SHT.note);

    const header = Buffer.alloc(headerSize);
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]).copy(header);
    header.writeUInt16LE(type, 16);
    header.writeUInt16LE(machine, 18);
    header.writeUInt32LE(1, 20);
    word(header, wide, 24, 24, 0x100000);
    word(header, wide, 28, 32, headerSize);
    word(header, wide, 32, 40, bare ? 0 : bodyEnd);
    [
        headerSize,
        programSize,
        segments.length,
        bare ? 0 : sectionSize,
        bare ? 0 : pieces.length + 1,
        bare ? 0 : pieces.length,
    ].forEach((value, index) => {
        header.writeUInt16LE(value, (wide ? 52 : 40) + index * 2);
    });

    const programs = segments.map((kind) => {
        const row = Buffer.alloc(programSize);
        const [offset, length] =
            kind === PT.load
                ? [0, bodyEnd]
                : kind === PT.note
                  ? [noteAt?.offset ?? 0, noteAt?.content.length ?? 0]
                  : [interpAt, interp.length];
        row.writeUInt32LE(kind, 0);
        word(row, wide, 4, 8, offset);
        word(row, wide, 16, 32, length);
        return row;
    });
    const rows = placed.map(({ name, type: kind, content, offset, link }) => {
        const row = Buffer.alloc(sectionSize);
        row.writeUInt32LE(names.indexOf(`\0${name}\0`) + 1, 0);
        row.writeUInt32LE(kind, 4);
        word(row, wide, 16, 24, offset);
        word(row, wide, 20, 32, content.length);
        row.writeUInt32LE(link ?? 0, wide ? 40 : 24);
        return row;
    });
    const body = Buffer.alloc(bodyEnd);
    Buffer.concat([header, ...programs, interp]).copy(body);
    for (const { content, offset } of placed) content.copy(body, offset);
    return bare ? body : Buffer.concat([body, Buffer.alloc(sectionSize), ...rows]);
}

/** Return what rumprun's compiler leaves: relocatable, without program headers, with the recipe for rumprun-bake. */
export function unbaked(bits: 32 | 64): Buffer {
    const elf = makeElf({ bits, type: 1, sections: { ".text": "main", ".note.rumprun.bakerecipe": "rumpkernel.org" } });
    // No program headers: their place, their size and their count.
    if (bits === 64) elf.writeBigUInt64LE(0n, 32);
    else elf.writeUInt32LE(0, 28);
    elf.writeUInt32LE(0, bits === 64 ? 54 : 42);
    return elf;
}

function makeNote({ owner, type, desc = Buffer.alloc(0) }: ElfNoteInput): Buffer {
    const name = Buffer.from(`${owner}\0`);
    return Buffer.concat([words(name.length, desc.length, type), pad(name), pad(desc)]);
}

export function words(...values: number[]): Buffer {
    const bytes = Buffer.alloc(values.length * 4);
    for (const [index, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, index * 4);
    return bytes;
}

function word(bytes: Buffer, wide: boolean, at32: number, at64: number, value: number): void {
    if (wide) bytes.writeBigUInt64LE(BigInt(value), at64);
    else bytes.writeUInt32LE(value, at32);
}

const align = (offset: number) => (offset + 7) & ~7;
const pad = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);

export interface BzImageInput {
    protocol?: number;
    version?: string;
    high?: boolean;
    packed?: string;
}

/** A bzImage with 4 setup sectors and 64 bytes of kernel (Documentation/arch/x86/boot.rst). */
export function makeBzImage({
    protocol = 0x020f,
    version = "6.1.0-test (someone@somewhere) #1",
    high = true,
    packed = "0221",
}: BzImageInput = {}): Buffer {
    const image = Buffer.alloc(5 * 512 + 64);
    image.writeUInt8(4, 0x1f1);
    image.writeUInt32LE(64 / 16, 0x1f4);
    image.writeUInt16LE(0xaa55, 0x1fe);
    image.write("HdrS", 0x202, "latin1");
    image.writeUInt16LE(protocol, 0x206);
    image.writeUInt16LE(version ? 0x400 : 0, 0x20e);
    image.writeUInt8(high ? 1 : 0, 0x211);
    image.writeUInt32LE(2047, 0x238);
    image.writeBigUInt64LE(16n << 20n, 0x258);
    image.writeUInt32LE(51.5 * 2 ** 20, 0x260);
    image.write(`${version}\0`, 0x600, "latin1");
    image.write(packed, 5 * 512, "hex");
    return image;
}
