import { type Section, type Segment, SHT } from "./elfTables";
import type { UnikraftFacts, UnikraftParameter } from "./facts";
import type { KernelFile } from "./file";
import { withoutPadding } from "./padding";
import { textsAt } from "./texts";

const MIB = 1024 * 1024;

/** Read Unikraft's description of a build; undefined for any other kernel. */
export async function readUnikraft(
    file: KernelFile,
    segments: Segment[],
    sections: Section[],
): Promise<UnikraftFacts | undefined> {
    const bytesOf = async (name: string): Promise<Buffer | undefined> => {
        const section = sections.find((candidate) => candidate.name === name);
        if (!section || section.type === SHT.nobits) return undefined;
        return file.read(section.offset, Math.min(section.length, MIB), name);
    };
    const information = await bytesOf(".uk_libinfo");
    const parameters = await bytesOf(".uk_libparam_params");
    if (!information && !parameters) return undefined;
    return {
        ...parseInformation(information ?? Buffer.alloc(0)),
        parameters: parameters ? await readParameters(file, segments, parameters) : [],
    };
}

const VERSION = 1;
const RECORD = { libraryName: 1, fullVersion: 7 } as const;

/**
 * Parse `.uk_libinfo`. Entries are {u32 length, u16 version, records}, records are {u16 type, u32 length including these
 * 6 bytes, data} (lib/uklibid of Unikraft; seen in images of 0.17 and 0.18).
 */
function parseInformation(bytes: Buffer): Pick<UnikraftFacts, "libraries" | "version"> {
    const libraries: string[] = [];
    let version: string | undefined;
    for (let at = 0; at + 6 <= bytes.length; ) {
        const length = bytes.readUInt32LE(at);
        if (length < 6 || at + length > bytes.length) break;
        if (bytes.readUInt16LE(at + 4) === VERSION) {
            for (const { type, text } of recordsOf(bytes.subarray(at + 6, at + length))) {
                if (type === RECORD.libraryName) libraries.push(text);
                else if (type === RECORD.fullVersion) version ??= text;
            }
        }
        at += length;
    }
    return { libraries, ...(version ? { version } : {}) };
}

function* recordsOf(records: Buffer): Generator<{ type: number; text: string }> {
    for (let at = 0; at + 6 <= records.length; ) {
        const length = records.readUInt32LE(at + 2);
        if (length < 6 || at + length > records.length) return;
        yield {
            type: records.readUInt16LE(at),
            text: withoutPadding(records.toString("latin1", at + 6, at + length)),
        };
        at += length;
    }
}

/** A struct uk_libparam_param on x86_64: {prefix*, name*, description*, u32 type, u64 count, address*, private*}. */
const ENTRY = { size: 56, prefix: 0, name: 8, count: 32 } as const;
const MAX_PARAMETERS = 1024;
const LONGEST_NAME = 128;

/**
 * Read the parameters of `.uk_libparam_params`: an array of structures whose pointers are addresses of the loaded image.
 * Undefined where one pointer leads nowhere: a relocatable image may get its pointers only when it is loaded.
 */
async function readParameters(
    file: KernelFile,
    segments: Segment[],
    bytes: Buffer,
): Promise<UnikraftParameter[] | undefined> {
    const entries = Array.from(
        { length: Math.min(Math.floor(bytes.length / ENTRY.size), MAX_PARAMETERS) },
        (_, index) => bytes.subarray(index * ENTRY.size, (index + 1) * ENTRY.size),
    );
    const texts = await textsAt(
        file,
        segments,
        entries.flatMap((entry) => [pointer(entry, ENTRY.prefix), pointer(entry, ENTRY.name)]),
        LONGEST_NAME,
    );
    const found = entries.map((entry, index) => ({
        prefix: texts[2 * index],
        name: texts[2 * index + 1],
        count: pointer(entry, ENTRY.count),
    }));
    if (found.some(({ prefix, name }) => !prefix || !name)) return undefined;
    return found.map(({ prefix, name, count }) => ({ name: `${prefix}.${name}`, count }));
}

const pointer = (entry: Buffer, offset: number): number => Number(entry.readBigUInt64LE(offset));
