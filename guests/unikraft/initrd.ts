import { closeSync, openSync, readSync, statSync } from "node:fs";
import type { Problem } from "../../model";
import { PACKED } from "../kernel";

/** Magic of a cpio archive in the form newc (cpio(5)); Unikraft reads no other (lib/ukcpio). */
const NEWC = "070701";

/** Files that users pass by mistake, by their first bytes. */
const MISTAKEN: [magic: string, what: string, change: string][] = [
    ...PACKED.map(([magic, what, unpack]): [string, string, string] => [magic, what, `unpack it first: ${unpack}`]),
    ["303730373037", "a cpio archive of the old form", "write it with cpio -H newc"],
    ["303730373032", "a cpio archive with checksums", "write it with cpio -H newc"],
    ["c771", "a binary cpio archive", "write it with cpio -H newc"],
];

/** Return the problem of an initrd that Unikraft cannot read. A file that cannot be read is reported with its digest. */
export function initrdProblems(path: string | undefined): Problem[] {
    const head = path === undefined ? undefined : headOf(path, NEWC.length);
    if (head === undefined || head.toString("latin1") === NEWC) return [];
    const hex = head.toString("hex");
    const [, found, change] = MISTAKEN.find(([magic]) => hex.startsWith(magic)) ?? [
        "",
        `a file that starts with ${hex.replace(/(..)(?=.)/g, "$1 ") || "nothing"}`,
        "write one with cpio -o -H newc",
    ];
    return [
        { property: "initrd", reason: `found ${found}; Unikraft reads an uncompressed cpio archive (newc): ${change}` },
    ];
}

function headOf(path: string, length: number): Buffer | undefined {
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return undefined;
    try {
        const file = openSync(path, "r");
        try {
            const bytes = Buffer.alloc(length);
            return bytes.subarray(0, readSync(file, bytes, 0, length, 0));
        } finally {
            closeSync(file);
        }
    } catch {
        return undefined;
    }
}
