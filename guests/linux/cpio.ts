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
 * Return a cpio archive in the newc format (Documentation/driver-api/early-userspace/buffer-format.rst of the Linux
 * kernel). It includes the members' folders; owners are root and times 0, so that the same members give the same bytes.
 */
export function archive(members: Member[]): Buffer {
    const { heads, end } = frame(members.map(({ content, ...member }) => ({ ...member, size: content.length })));
    return Buffer.concat([...heads.flatMap((head, index) => [head, pad(Buffer.from(members[index]!.content))]), end]);
}

/**
 * Return the same archive without the contents, for contents that are too large to copy. Each content goes after its
 * head, padded with zeros to a multiple of 4 bytes; `end` goes after the last one.
 */
export function frame(members: (Omit<Member, "content"> & { size: number })[]): { heads: Buffer[]; end: Buffer } {
    const folders = [...new Set(members.flatMap((member) => ancestors(member.path)))].sort();
    const before = folders.map((path, index) => header(path, 0, FOLDER, index + 1));
    return {
        heads: members.map(({ path, size, mode }, index) =>
            Buffer.concat([
                ...(index === 0 ? before : []),
                header(path, size, REGULAR | mode, folders.length + index + 1),
            ]),
        ),
        end: header(TRAILER, 0, 0, 0),
    };
}

function header(path: string, size: number, mode: number, inode: number): Buffer {
    // The kernel requires the NUL since 6.1.120 and 6.13; the `newc:` of GRUB 2.06 leaves it out.
    const name = Buffer.from(`${path}\0`);
    // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
    const numbers = [inode, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name.length, 0];
    return pad(
        Buffer.concat([
            Buffer.from(`070701${numbers.map((number) => number.toString(16).padStart(8, "0")).join("")}`),
            name,
        ]),
    );
}

function pad(bytes: Buffer): Buffer {
    return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)]);
}

function ancestors(path: string): string[] {
    const parent = posix.dirname(path);
    return parent === "." ? [] : [...ancestors(parent), parent];
}
