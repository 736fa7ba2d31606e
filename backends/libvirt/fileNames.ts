import { PERSIST_FILE } from "../diskNames";
import type { FileRecord, FileRole } from "./model";

const ROLES: [RegExp, FileRole][] = [
    [/^kernel-[0-9a-f]{16}$/, "kernel"],
    [/^initrd-[0-9a-f]{16}$/, "initrd"],
    [/^config-[0-9a-f]{16}$/, "config"],
    [PERSIST_FILE, "persist"],
    [/\.kept(\.\d+)?\.(img|qcow2)$/, "kept"],
    [/-[0-9a-f]{16}\.scratch\.(img|qcow2)$/, "scratch"],
    [/-[0-9a-f]{16}\.(img|qcow2)$/, "image"],
];

/** Return the role of a file in a guest's folder, by the names that the layout uses; undefined for any other name. */
export function roleOf(name: string): FileRole | undefined {
    return ROLES.find(([pattern]) => pattern.test(name))?.[1];
}

/** Return the record of a file for which only the name is known. */
export function recordOfName(name: string): FileRecord {
    const role = roleOf(name) ?? "kept";
    const key = (PERSIST_FILE.exec(name) ?? /^(.+)-[0-9a-f]{16}(?:\.scratch)?\.(?:img|qcow2)$/.exec(name))?.[1];
    return { name, role, ...(key === undefined ? {} : { key }) };
}
