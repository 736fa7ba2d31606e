import { withoutPadding } from "./padding";

const VERSION = 1;
const LIBRARY_NAME = 1;

/**
 * Return the names of the libraries in Unikraft's `.uk_libinfo`. Entries are {u32 length, u16 version, records},
 * records are {u16 type, u32 length including these 6 bytes, data} (lib/uklibid of Unikraft; seen in images of 0.17).
 */
export function parseLibraries(bytes: Buffer): string[] {
    const names: string[] = [];
    for (let at = 0; at + 6 <= bytes.length; ) {
        const length = bytes.readUInt32LE(at);
        if (length < 6 || at + length > bytes.length) break;
        if (bytes.readUInt16LE(at + 4) === VERSION) addLibraryNames(names, bytes.subarray(at + 6, at + length));
        at += length;
    }
    return names;
}

/** Push one by one: 150,000 names as arguments of one call would overflow the stack. */
function addLibraryNames(names: string[], records: Buffer): void {
    for (let at = 0; at + 6 <= records.length; ) {
        const length = records.readUInt32LE(at + 2);
        if (length < 6 || at + length > records.length) break;
        if (records.readUInt16LE(at) === LIBRARY_NAME)
            names.push(withoutPadding(records.toString("latin1", at + 6, at + length)));
        at += length;
    }
}
