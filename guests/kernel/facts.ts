/** A note of an ELF file (System V ABI, chapter 5). */
export interface ElfNote {
    /** Without its NUL. */
    owner: string;
    type: number;
    /** The descriptor in hex digits; at most its first 8192 bytes. */
    desc: string;
}

export interface ElfFacts {
    bits: 32 | 64;
    machine: "i386" | "x86_64";
    /** PT_INTERP: the program loader that it asks for. */
    interpreter?: string;
    /** Names in file order; empty when the section headers were stripped. */
    sections: string[];
    notes: ElfNote[];
    /** The symbols that match SYMBOL_MARKS. Undefined: the table was stripped, so nothing is known. */
    symbols?: string[];
    /** The TEXT_MARKS in its read-only data. */
    texts: string[];
    unikraft?: UnikraftFacts;
    /** The addresses of two segments that a loader would put at the same place; undefined where there are none. */
    overlap?: [number, number];
}

/** Unikraft's description of a build (lib/uklibid and lib/uklibparam of Unikraft). */
export interface UnikraftFacts {
    /** Names of its libraries, such as `libkvmplat`; empty when the build does not list them. */
    libraries: string[];
    /** Such as `0.18.0~abcdef`. */
    version?: string;
    /** The parameters that its command line takes. Undefined: the file does not show them. */
    parameters?: UnikraftParameter[];
}

export interface UnikraftParameter {
    /** With its library: `netdev.ip`. */
    name: string;
    /** How many values it takes. */
    count: number;
}

/** Multiboot 1 header (Multiboot Specification 0.6.96, section 3.1.1). */
export interface MultibootFacts {
    /** Bytes from the start of the file; a multiple of 4, below 8192. */
    offset: number;
    flags: number;
    /** Flag 16: the header has load addresses, so the loader does not read the ELF headers. */
    addresses: boolean;
}

/** The setup header of a Linux bzImage (Documentation/arch/x86/boot.rst of the kernel). */
export interface LinuxFacts {
    /** Boot protocol, such as `2.15`. */
    protocol: string;
    /** The text of `uname -r` and the builder; empty when the header has none. */
    version: string;
    /** Longest command line in bytes, without its NUL. */
    maxCmdline: number;
    /** End of the unpacked kernel in bytes of memory (pref_address + init_size); from protocol 2.10. */
    memoryEnd?: number;
    /** Compression of the kernel proper, if its magic is known. */
    compression?: "gzip" | "bzip2" | "lzma" | "xz" | "lzo" | "lz4" | "zstd";
}

/** Facts of a kernel file, as plain data. The ABIs decide which guest it is (recognise). */
export interface KernelFacts {
    format: "elf" | "bzImage";
    /** Bytes. */
    size: number;
    elf?: ElfFacts;
    multiboot?: MultibootFacts;
    linux?: LinuxFacts;
}

/**
 * The symbols to keep from a table of NUL-terminated names: the configuration attachment of each NetBSD driver in a
 * rump kernel.
 */
export const SYMBOL_MARKS = /(?<=^|\0)rumpns_\w+_ca(?=\0|$)/g;

/** The strings to search for. */
export const TEXT_MARKS = ["rump kernel bare metal bootstrap"];

/** Note types under owner `Xen` (xen/include/public/elfnote.h). */
export const XEN_NOTE = {
    entry: 1,
    hypercallPage: 2,
    virtBase: 3,
    xenVersion: 5,
    guestOs: 6,
    loader: 8,
    pvhEntry: 18,
} as const;

/** Return a note's descriptor as text, up to the first NUL. */
export function noteText(note: ElfNote): string {
    return Buffer.from(note.desc, "hex").toString("latin1").split("\0")[0] ?? "";
}

/** Return the note of an owner and type; undefined when the kernel has none. */
export function findNote(kernel: KernelFacts, owner: string, type?: number): ElfNote | undefined {
    return kernel.elf?.notes.find((note) => note.owner === owner && (type === undefined || note.type === type));
}
