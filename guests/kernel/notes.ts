import type { ElfNote } from "./facts";
import type { KernelFile } from "./file";
import { withoutPadding } from "./padding";

const MAX_NOTES_LENGTH = 1024 * 1024;
const MAX_NOTES = 1024;
/** Limit of all bytes read: many sections may claim the same bytes. */
const MAX_READ = 4 * MAX_NOTES_LENGTH;
/** Bytes kept of a descriptor: Solo5's list of devices has up to 6,672. */
const KEPT = 8192;

/** Read note segments and note sections. The two usually overlap; each note is returned once. */
export async function readNotes(file: KernelFile, places: { offset: number; length: number }[]): Promise<ElfNote[]> {
    const notes = new Map<string, ElfNote>();
    const seen = new Set<number>();
    let read = 0;
    for (const { offset, length } of places) {
        if (seen.has(offset) || length === 0) continue;
        seen.add(offset);
        const bytes = await file.read(offset, Math.min(length, MAX_NOTES_LENGTH), "notes");
        read += bytes.length;
        if (read > MAX_READ) throw file.invalid(`an ELF file with over ${MAX_READ} bytes of notes`);
        for (const note of parseNotes(bytes)) notes.set(`${note.owner} ${note.type} ${note.desc}`, note);
        if (notes.size > MAX_NOTES) throw file.invalid(`an ELF file with over ${MAX_NOTES} notes`);
    }
    return [...notes.values()];
}

/**
 * Parse notes. Name and descriptor are each padded to 4 bytes. An entry that does not fit ends the list: notes of other
 * tools may be malformed.
 */
export function parseNotes(bytes: Buffer): ElfNote[] {
    const notes: ElfNote[] = [];
    for (let at = 0; at + 12 <= bytes.length; ) {
        const [nameLength, descLength, type] = [
            bytes.readUInt32LE(at),
            bytes.readUInt32LE(at + 4),
            bytes.readUInt32LE(at + 8),
        ];
        const desc = at + 12 + padded(nameLength);
        if (desc + descLength > bytes.length) break;
        notes.push({
            owner: withoutPadding(bytes.toString("latin1", at + 12, at + 12 + nameLength)),
            type,
            desc: bytes.toString("hex", desc, desc + Math.min(descLength, KEPT)),
        });
        at = desc + padded(descLength);
    }
    return notes;
}

const padded = (length: number) => Math.ceil(length / 4) * 4;
