/** A note of an ELF file (System V ABI, chapter 5). */
export interface ElfNote {
    /** Without its NUL. */
    owner: string;
    type: number;
    /** Hex digits of the descriptor, of its first 256 bytes at most. */
    desc: string;
}

export interface ElfFacts {
    bits: 32 | 64;
    machine: "i386" | "x86_64";
    /** PT_INTERP: who would load it. */
    interpreter?: string;
    /** Names, in file order; empty where the section headers were stripped. */
    sections: string[];
    notes: ElfNote[];
    /** Of the symbols, those that some ABI looks for (SYMBOL_MARKS). Undefined: stripped, so nothing can be said. */
    symbols?: string[];
    /** Those of TEXT_MARKS that its read-only data holds. */
    texts: string[];
    /** Unikraft's own description of the build, from `.uk_libinfo`: names of its libraries. */
    unikraftLibraries?: string[];
}

/** Multiboot 1 header (Multiboot Specification 0.6.96, section 3.1.1). */
export interface MultibootFacts {
    /** Bytes from the start of the file; a multiple of 4, below 8192. */
    offset: number;
    flags: number;
    /** Flag 16: load addresses are in the header, so the loader does not read the ELF headers. */
    addresses: boolean;
}

/** The setup header of a Linux bzImage (Documentation/arch/x86/boot.rst of the kernel). */
export interface LinuxFacts {
    /** Boot protocol, such as `2.15`. */
    protocol: string;
    /** What `uname -r` and the builder say; empty when the header has none. */
    version: string;
    /** Longest command line in bytes, without its NUL. */
    maxCmdline: number;
    /** Where the kernel ends when it has unpacked itself, in bytes of memory (pref_address + init_size); from protocol 2.10. */
    memoryEnd?: number;
    /** How the kernel proper is packed, where the magic is known. */
    compression?: "gzip" | "bzip2" | "lzma" | "xz" | "lzo" | "lz4" | "zstd";
}

/** What a kernel file says of itself. Plain data; which guest it is, the ABIs decide (recognise). */
export interface KernelFacts {
    format: "elf" | "bzImage";
    /** Bytes. */
    size: number;
    elf?: ElfFacts;
    multiboot?: MultibootFacts;
    linux?: LinuxFacts;
}

/** Symbols worth keeping, in a table of names that end in NUL: the configuration attachment of each NetBSD driver in a rump kernel. */
export const SYMBOL_MARKS = /(?<=^|\0)rumpns_\w+_ca(?=\0|$)/g;

/** Strings worth looking for. */
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

/** Bytes of a note's descriptor as text, up to the first NUL. */
export function noteText(note: ElfNote): string {
    return Buffer.from(note.desc, "hex").toString("latin1").split("\0")[0] ?? "";
}

/** The note of an owner and type, if the kernel has it. */
export function findNote(kernel: KernelFacts, owner: string, type?: number): ElfNote | undefined {
    return kernel.elf?.notes.find((note) => note.owner === owner && (type === undefined || note.type === type));
}
