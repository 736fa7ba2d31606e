import type { LinuxFacts } from "./facts";
import type { KernelFile } from "./file";

const SECTOR = 512;
/** The setup header ends here in every protocol (boot.rst: at most 0x202 + 0x7f). */
const HEADER_END = 0x281;

const PACKED: [magic: string, name: NonNullable<LinuxFacts["compression"]>][] = [
    ["1f8b", "gzip"],
    ["1f9e", "gzip"],
    ["425a", "bzip2"],
    ["5d00", "lzma"],
    ["fd37", "xz"],
    ["894c", "lzo"],
    ["0221", "lz4"],
    ["28b5", "zstd"],
];

/** Check for the boot sector signature at 0x1fe and `HdrS` at 0x202. */
export function isBzImage(head: Buffer): boolean {
    return (
        head.length >= 0x206 && head.readUInt16LE(0x1fe) === 0xaa55 && head.toString("latin1", 0x202, 0x206) === "HdrS"
    );
}

/** Read the setup header. Offsets and meanings: Documentation/arch/x86/boot.rst of the Linux kernel. */
export async function readBzImage(file: KernelFile): Promise<LinuxFacts> {
    const header = await file.read(0, HEADER_END, "Linux setup header");
    const protocol = header.readUInt16LE(0x206);
    if (protocol < 0x0200 || protocol > 0x02ff)
        throw file.invalid(`a Linux image of boot protocol ${version(protocol)}`, "2.00 to 2.xx");
    if ((header.readUInt8(0x211) & 1) === 0) throw file.invalid("a Linux zImage, which loads low", "a bzImage");

    const setupEnd = ((header.readUInt8(0x1f1) || 4) + 1) * SECTOR;
    // In units of 16 bytes. Before protocol 2.04 the field is only 2 bytes wide, and its upper half unreliable.
    const codeLength = (protocol >= 0x0204 ? header.readUInt32LE(0x1f4) : header.readUInt16LE(0x1f4)) * 16;
    // The size may include 16 final bytes that are not stored.
    if (setupEnd + codeLength - 15 > file.size) {
        throw file.invalid(
            `a truncated Linux bzImage: ${file.size} bytes where its header says ${setupEnd + codeLength}`,
            "the whole file",
        );
    }
    return {
        protocol: version(protocol),
        version: await versionText(file, header.readUInt16LE(0x20e)),
        maxCmdline: protocol >= 0x0206 ? header.readUInt32LE(0x238) : 255,
        memoryEnd: protocol >= 0x020a ? Number(header.readBigUInt64LE(0x258)) + header.readUInt32LE(0x260) : undefined,
        compression: protocol >= 0x0208 ? await compression(file, setupEnd + header.readUInt32LE(0x248)) : undefined,
    };
}

const version = (protocol: number) => `${protocol >> 8}.${String(protocol & 0xff).padStart(2, "0")}`;

/** Read the version text. The pointer is relative to the second sector; 0 means none. */
async function versionText(file: KernelFile, pointer: number): Promise<string> {
    const offset = pointer + SECTOR;
    if (pointer === 0 || offset >= file.size) return "";
    const bytes = await file.read(offset, Math.min(256, file.size - offset), "version");
    const [text = ""] = bytes.toString("latin1").split("\0");
    return text.replace(/[^\x20-\x7e]/g, "?");
}

async function compression(file: KernelFile, offset: number): Promise<LinuxFacts["compression"]> {
    if (offset + 2 > file.size) return undefined;
    const magic = (await file.read(offset, 2, "packed kernel")).toString("hex");
    return PACKED.find(([known]) => known === magic)?.[1];
}
