import type { ElfFacts } from "./facts";
import type { KernelFile } from "./file";

/** Types of segments and sections (System V ABI, chapters 4 and 5). */
export const PT = { load: 1, interp: 3, note: 4 } as const;
export const SHT = { symtab: 2, note: 7, nobits: 8 } as const;

/** A range of the file. */
interface Range {
    type: number;
    offset: number;
    length: number;
}

export interface Segment extends Range {
    /** The address at which the program sees its first byte. */
    address: number;
    /** The address of the machine at which a loader puts it. */
    physical: number;
    /** Bytes of memory; those beyond `length` are zero. */
    memory: number;
}

export interface Section extends Range {
    name: string;
    link: number;
}

export interface ElfHeader extends Pick<ElfFacts, "bits" | "machine"> {
    programHeaders: { offset: number; count: number };
    sectionHeaders: { offset: number; count: number; names: number };
}

const MACHINES: Record<number, string> = {
    3: "i386",
    8: "mips",
    20: "powerpc",
    21: "powerpc64",
    22: "s390",
    40: "arm",
    62: "x86_64",
    183: "aarch64",
    243: "riscv",
    258: "loongarch",
};
const RELOCATABLE = 1;
const TYPES: Record<number, string> = { [RELOCATABLE]: "an object file that was not linked", 4: "a core dump" };

/** Far more than any linker writes for a kernel. */
const MAX_HEADERS = 65_536;
const MAX_NAMES = 8 * 1024 * 1024;

const LAYOUT = {
    32: { header: 52, program: 32, section: 40 },
    64: { header: 64, program: 56, section: 64 },
} as const;

/** Read the ELF header. Layouts: System V ABI (gABI), chapters 4 and 5; machine numbers: its registry. */
export async function readHeader(file: KernelFile): Promise<ElfHeader> {
    const ident = await file.read(0, 16, "ELF identification");
    const bits = ident[4] === 1 ? 32 : ident[4] === 2 ? 64 : undefined;
    if (!bits) throw file.invalid(`an ELF file of unknown class ${ident[4]}`);
    if (ident[5] !== 1) throw file.invalid("an ELF file that is not little-endian");
    const { header: length, program, section } = LAYOUT[bits];
    const header = await file.read(0, length, "ELF header");
    const machine = header.readUInt16LE(18);
    const machineName = MACHINES[machine] ?? `machine ${machine}`;
    if (machineName !== "i386" && machineName !== "x86_64") throw file.invalid(`an ELF file for ${machineName}`);
    const at =
        bits === 32
            ? { program: header.readUInt32LE(28), section: header.readUInt32LE(32), sizes: 42 }
            : { program: long(header, 32), section: long(header, 40), sizes: 54 };
    const [programSize = 0, programCount = 0, sectionSize = 0, sectionCount = 0, names = 0] = [0, 2, 4, 6, 8].map(
        (step) => header.readUInt16LE(at.sizes + step),
    );
    const found: ElfHeader = {
        bits,
        machine: machineName,
        programHeaders: { offset: at.program, count: programCount },
        sectionHeaders: { offset: at.section, count: sectionCount, names },
    };
    const type = header.readUInt16LE(16);
    if (type === RELOCATABLE && sectionSize === section) await refuseUnbaked(file, found);
    if (type !== 2 && type !== 3) throw file.invalid(TYPES[type] ?? `an ELF file of type ${type}`);
    if (programCount === 0) throw file.invalid("an ELF file without program headers");
    if (programSize !== program) throw file.invalid(`an ELF${bits} file with program headers of ${programSize} bytes`);
    if (at.section !== 0 && sectionSize !== section)
        throw file.invalid(`an ELF${bits} file with section headers of ${sectionSize} bytes`);
    return found;
}

/**
 * Refuse a rumprun program that was not baked: its compiler links it as a relocatable object with the recipe for the
 * last link, which adds the drivers (app-tools/rumprun-bake.in).
 */
async function refuseUnbaked(file: KernelFile, header: ElfHeader): Promise<void> {
    const sections = await readSections(file, header);
    if (sections.some(({ name }) => name === ".note.rumprun.bakerecipe"))
        throw file.invalid(
            "a rumprun program that is not baked",
            "a baked one: rumprun-bake hw_virtio OUTPUT INPUT (for a medium hw_generic, for Xen xen_pv)",
        );
}

export async function readSegments(file: KernelFile, { bits, programHeaders }: ElfHeader): Promise<Segment[]> {
    const size = LAYOUT[bits].program;
    const table = await file.read(programHeaders.offset, size * programHeaders.count, "program headers");
    return rows(table, size, (row) =>
        bits === 32
            ? {
                  type: row.readUInt32LE(0),
                  offset: row.readUInt32LE(4),
                  address: row.readUInt32LE(8),
                  physical: row.readUInt32LE(12),
                  length: row.readUInt32LE(16),
                  memory: row.readUInt32LE(20),
              }
            : {
                  type: row.readUInt32LE(0),
                  offset: long(row, 8),
                  address: long(row, 16),
                  physical: long(row, 24),
                  length: long(row, 32),
                  memory: long(row, 40),
              },
    );
}

export async function readSections(file: KernelFile, { bits, sectionHeaders }: ElfHeader): Promise<Section[]> {
    if (sectionHeaders.offset === 0) return [];
    const size = LAYOUT[bits].section;
    const parse = (row: Buffer) => ({
        nameAt: row.readUInt32LE(0),
        type: row.readUInt32LE(4),
        ...(bits === 32
            ? { offset: row.readUInt32LE(16), length: row.readUInt32LE(20), link: row.readUInt32LE(24) }
            : { offset: long(row, 24), length: long(row, 32), link: row.readUInt32LE(40) }),
    });
    // Counts that do not fit into 16 bits are in the first, unused section header.
    const first = parse(await file.read(sectionHeaders.offset, size, "section headers"));
    const count = sectionHeaders.count || first.length;
    const namesIndex = sectionHeaders.names === 0xffff ? first.link : sectionHeaders.names;
    if (count > MAX_HEADERS) throw file.invalid(`an ELF file that claims ${count} sections`, `at most ${MAX_HEADERS}`);

    const table = rows(await file.read(sectionHeaders.offset, size * count, "section headers"), size, parse);
    const namesSection = table[namesIndex];
    if (namesIndex === 0 || !namesSection) return [];
    if (namesSection.length > MAX_NAMES)
        throw file.invalid(`an ELF file with ${namesSection.length} bytes of section names`, `at most ${MAX_NAMES}`);
    const names = await file.read(namesSection.offset, namesSection.length, "section names");
    return table.map(({ nameAt, ...section }) => ({ name: text(names, nameAt), ...section }));
}

function rows<T>(table: Buffer, size: number, parse: (row: Buffer) => T): T[] {
    return Array.from({ length: table.length / size }, (_, index) =>
        parse(table.subarray(index * size, (index + 1) * size)),
    );
}

/** Offsets beyond 2^53 lose precision but stay larger than any file, so the checks against its size still hold. */
const long = (bytes: Buffer, offset: number) => Number(bytes.readBigUInt64LE(offset));

const LONGEST_NAME = 255;

/**
 * Cut names at a limit: no name that matters is as long. Without the limit, each of 65,536 sections could search 8 MiB.
 */
function text(bytes: Buffer, offset: number): string {
    const name = bytes.subarray(offset, offset + LONGEST_NAME);
    const end = name.indexOf(0);
    return name.toString("latin1", 0, end < 0 ? name.length : end);
}
