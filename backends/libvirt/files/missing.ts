import type { Dirent } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

import { UnikernelError } from "../../../spec";

/**
 * Return the entries of a folder; none where it does not exist.
 * @throws UnikernelError where a link leads nowhere, or what was mounted there is gone: the files may lie somewhere else
 */
export async function entriesOf(folder: string): Promise<Dirent[]> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
        await assertMissing(folder);
        return [];
    });
    // A removed folder that is still mounted, or open, reads as an empty one (readdir(3) of glibc). No link leads to it any more.
    if (entries.length === 0 && (await statOf(folder))?.nlink === 0)
        throw unseen(folder, "was removed where it is mounted from");
    return entries;
}

/** Throws where a folder cannot be found although it, or one above it, has an entry: a link that leads nowhere, such as to a file system that is not mounted. */
async function assertMissing(folder: string): Promise<void> {
    for (let path = folder; ; path = dirname(path)) {
        const facts = await lstat(path).catch(ifMissing);
        if (facts?.isSymbolicLink() && !(await statOf(path))) throw unseen(path, "is a link that leads nowhere");
        if (facts || path === dirname(path)) return;
    }
}

function unseen(path: string, what: string): UnikernelError {
    return new UnikernelError("program-failed", `${path} ${what}; nothing is known of the files there`, {
        hint: `mount the file system that holds them (see ls -ld ${path}; findmnt), then run the command again`,
    });
}

const statOf = (path: string) => stat(path).catch(ifMissing);

function ifMissing(error: NodeJS.ErrnoException): undefined {
    if (error.code !== "ENOENT") throw error;
}
