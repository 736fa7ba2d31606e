import { posix } from "node:path";

export interface Member {
    /** Relative, without a leading slash. */
    path: string;
    content: Uint8Array;
    mode: number;
}

const REGULAR = 0o100000;
const FOLDER = 0o040755;
const TRAILER = "TRAILER!!!";

/**
 * A cpio archive in the newc format (Documentation/driver-api/early-userspace/buffer-format.rst of the Linux kernel), folders
 * of the members included, owned by root, times 0: the same members give the same bytes.
 */
export function archive(members: Member[]): Buffer {
    const folders = [...new Set(members.flatMap((member) => ancestors(member.path)))].sort();
    const entries = [
        ...folders.map((path) => ({ path, content: new Uint8Array(), mode: FOLDER })),
        ...members.map((member) => ({ ...member, mode: REGULAR | member.mode })),
    ];
    return Buffer.concat([
        ...entries.flatMap((entry, index) => record(entry, index + 1)),
        ...record({ path: TRAILER, content: new Uint8Array(), mode: 0 }, 0),
    ]);
}

function record({ path, content, mode }: Member, inode: number): Buffer[] {
    const name = Buffer.from(`${path}\0`);
    // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
    const numbers = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length, 0];
    const header = Buffer.from(`070701${numbers.map((number) => number.toString(16).padStart(8, "0")).join("")}`);
    return [pad(Buffer.concat([header, name])), pad(Buffer.from(content))];
}

function pad(bytes: Buffer): Buffer {
    return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

function ancestors(path: string): string[] {
    const parent = posix.dirname(path);
    return parent === "." ? [] : [...ancestors(parent), parent];
}
