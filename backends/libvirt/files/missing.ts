import type { Dirent } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

import { UnikernelError } from "../../../model";

/**
 * Return the entries of a folder; [] where it does not exist.
 * @throws UnikernelError at a dangling link, or where a mounted file system is gone: the files may still exist
 * elsewhere
 */
export async function entriesOf(folder: string): Promise<Dirent[]> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
        await assertMissing(folder);
        return [];
    });
    // A removed folder that is still mounted or open reads as empty (readdir(3) of glibc), but has no links.
    if (entries.length === 0 && (await statOf(folder))?.nlink === 0)
        throw unseen(folder, "was removed where it is mounted from");
    return entries;
}

/**
 * Throw where a folder is missing only because it or a parent is a dangling link, for example into a file system that
 * is not mounted.
 */
async function assertMissing(folder: string): Promise<void> {
    for (let path = folder; ; path = dirname(path)) {
        const facts = await lstat(path).catch(ifMissing);
        if (facts?.isSymbolicLink() && !(await statOf(path))) throw unseen(path, "is a link that leads nowhere");
        if (facts || path === dirname(path)) return;
    }
}

function unseen(path: string, what: string): UnikernelError {
    return new UnikernelError("program-failed", `${path} ${what}; the state of the files there is unknown`, {
        hint: `mount the file system that holds them (see ls -ld ${path}; findmnt), then run the command again`,
    });
}

const statOf = (path: string) => stat(path).catch(ifMissing);

function ifMissing(error: NodeJS.ErrnoException): undefined {
    if (error.code !== "ENOENT") throw error;
}
