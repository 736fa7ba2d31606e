import { isBzImage, readBzImage } from "./bzImage";
import { readElf } from "./elf";
import type { KernelFacts } from "./facts";
import { KernelFile } from "./file";
import { findMultiboot } from "./multiboot";
import { PACKED } from "./packed";

export * from "./facts";
export { bootsByMultiboot } from "./multiboot";
export { PACKED } from "./packed";
export { xenBoot } from "./xen";

/** Files that users often pass by mistake, by their first bytes. */
const MISTAKEN: [magic: string, what: string][] = [
    ...PACKED.map(([magic, what]): [string, string] => [magic, `${what}: unpack it first`]),
    ["504b0304", "a zip file"],
    ["2321", "a script"],
    ["514649fb", "a qcow2 disk image"],
    ["303730373031", "a cpio archive: that is an initrd"],
    ["cffaedfe", "a Mach-O program"],
];

/**
 * Read the facts of a kernel file: ELF (32 and 64 bits, x86) or Linux bzImage. Reads headers, notes, names and
 * read-only data, never the whole file, and never blocks on one that is not a regular file.
 * @throws UnikernelError `invalid` (with what was found and expected), `permission`, `changed`
 */
export function readKernel(path: string): Promise<KernelFacts> {
    return KernelFile.use(path, async (file): Promise<KernelFacts> => {
        const head = await file.head(8192);
        if (head.toString("latin1", 0, 4) === "\x7fELF") {
            return { format: "elf", size: file.size, elf: await readElf(file), multiboot: findMultiboot(head) };
        }
        if (isBzImage(head)) return { format: "bzImage", size: file.size, linux: await readBzImage(file) };
        throw file.invalid(describe(head));
    });
}

function describe(head: Buffer): string {
    const hex = head.toString("hex", 0, 8);
    const mistaken = MISTAKEN.find(([magic]) => hex.startsWith(magic));
    if (mistaken) return mistaken[1];
    if (findMultiboot(head)) return "a multiboot kernel that is not ELF";
    if (head.length >= 512 && head.readUInt16LE(510) === 0xaa55)
        return "a boot sector (a disk image?) without a Linux header";
    return `a file that starts with ${head.toString("hex", 0, 4).replace(/(..)(?=.)/g, "$1 ")}`;
}
