import { PT, type Segment } from "./elfTables";
import type { KernelFile } from "./file";

/**
 * Return the NUL-terminated texts at addresses of the loaded image; undefined for an address that no byte of the file is
 * loaded at, and for a text that does not end within `longest` bytes.
 */
export async function textsAt(
    file: KernelFile,
    segments: Segment[],
    addresses: number[],
    longest: number,
): Promise<(string | undefined)[]> {
    const loaded = segments.filter(({ type }) => type === PT.load);
    const texts: (string | undefined)[] = [];
    for (const address of addresses) texts.push(await textAt(file, loaded, address, longest));
    return texts;
}

async function textAt(
    file: KernelFile,
    loaded: Segment[],
    address: number,
    longest: number,
): Promise<string | undefined> {
    const segment = loaded.find((one) => address >= one.address && address < one.address + one.length);
    if (!segment) return undefined;
    const within = address - segment.address;
    const bytes = await file.read(segment.offset + within, Math.min(longest, segment.length - within), "names");
    const end = bytes.indexOf(0);
    return end < 0 ? undefined : bytes.toString("latin1", 0, end);
}
