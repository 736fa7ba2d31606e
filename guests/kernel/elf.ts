import { PT, readHeader, readSections, readSegments, type Section, type Segment, SHT } from "./elfTables";
import { type ElfFacts, SYMBOL_MARKS, TEXT_MARKS } from "./facts";
import type { KernelFile } from "./file";
import { readNotes } from "./notes";
import { readUnikraft } from "./unikraft";

const MIB = 1024 * 1024;

/** Limit of symbol names and of read-only data that are searched. */
const MAX_SEARCHED = 32 * MIB;

export async function readElf(file: KernelFile): Promise<ElfFacts> {
    const header = await readHeader(file);
    const segments = await readSegments(file, header);
    const sections = await readSections(file, header);
    requireWhole(file, segments, sections);
    return {
        bits: header.bits,
        machine: header.machine,
        interpreter: await readInterpreter(file, segments),
        sections: sections.map((section) => section.name).filter(Boolean),
        notes: await readNotes(file, [
            ...segments.filter((segment) => segment.type === PT.note),
            ...sections.filter((section) => section.type === SHT.note),
        ]),
        symbols: await readSymbols(file, sections),
        texts: await findTexts(file, segments, sections),
        unikraft: await readUnikraft(file, segments, sections),
        overlap: findOverlap(segments),
    };
}

function requireWhole(file: KernelFile, segments: Segment[], sections: Section[]): void {
    const pieces = [
        ...segments.map((segment) => ({ ...segment, what: "program segment" })),
        ...sections
            .filter((section) => section.type !== SHT.nobits)
            .map((section) => ({ ...section, what: `section ${section.name || "without a name"}` })),
    ];
    const cut = pieces.find((piece) => piece.length > 0 && piece.offset + piece.length > file.size);
    if (!cut) return;
    throw file.invalid(
        `a truncated ELF file: its ${cut.what} should end at byte ${cut.offset + cut.length}, the file ends at ${file.size}`,
    );
}

async function readInterpreter(file: KernelFile, segments: Segment[]): Promise<string | undefined> {
    const segment = segments.find((candidate) => candidate.type === PT.interp);
    if (!segment) return undefined;
    const bytes = await file.read(segment.offset, Math.min(segment.length, 4096), "interpreter");
    return bytes.toString("latin1").split("\0")[0];
}

/** Read only the names: finding out which drivers are linked in needs no addresses. */
async function readSymbols(file: KernelFile, sections: Section[]): Promise<string[] | undefined> {
    const table = sections.find((section) => section.type === SHT.symtab);
    const names = table && sections[table.link];
    if (!names || names.type === SHT.nobits || names.length > MAX_SEARCHED) return undefined;
    const text = (await file.read(names.offset, names.length, "symbol names")).toString("latin1");
    // Not split at each NUL: 32 MiB of NULs would give as many strings.
    return [...new Set(text.match(SYMBOL_MARKS))].sort();
}

/** Search .rodata, where strings are; without section headers, every loaded segment. */
async function findTexts(file: KernelFile, segments: Segment[], sections: Section[]): Promise<string[]> {
    const readOnly = sections.filter((section) => section.name.startsWith(".rodata") && section.type !== SHT.nobits);
    const places = sections.length > 0 ? readOnly : segments.filter((segment) => segment.type === PT.load);
    const found = new Set<string>();
    let left = MAX_SEARCHED;
    for (const { offset, length } of places) {
        const bytes = await file.read(offset, Math.min(length, left), "read-only data");
        left -= bytes.length;
        for (const mark of TEXT_MARKS) if (bytes.includes(mark, 0, "latin1")) found.add(mark);
    }
    return [...found];
}

/**
 * Find two segments that are loaded at the same place. One without a byte counts where it lies within another, since GRUB
 * refuses that too (grub-core/lib/relocator.c, grub_relocator_alloc_chunk_addr; seen with GRUB 2.06).
 */
function findOverlap(segments: Segment[]): [number, number] | undefined {
    const loaded = segments.filter(({ type }) => type === PT.load).sort((one, other) => one.physical - other.physical);
    let last: Segment | undefined;
    for (const next of loaded) {
        if (
            last &&
            (next.physical < last.physical + last.memory || (next.physical === last.physical && next.memory > 0))
        )
            return [last.physical, next.physical];
        if (!last || next.physical + next.memory > last.physical + last.memory) last = next;
    }
    return undefined;
}
