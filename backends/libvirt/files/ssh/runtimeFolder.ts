import { existsSync } from "node:fs";
import { lstat, mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { UnikernelError } from "../../../../model";

/**
 * Longest parent folder. A socket's path has at most 108 bytes (unix(7)), of which ssh needs 17 for a temporary name.
 */
const LONGEST = 60;

/**
 * Return the folder for the sockets of this user's connections, which no other user can enter.
 * @throws UnikernelError `permission` when another user created a folder of its name
 */
export async function runtimeFolder(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
    const uid = process.getuid?.() ?? 0;
    const places = [environment.XDG_RUNTIME_DIR, environment.TMPDIR, tmpdir(), "/tmp"].filter(
        (place): place is string => !!place && place.length < LONGEST,
    );
    let failure: unknown;
    for (const place of places) {
        const folder = join(place, `pulumi-unikernel-${uid}`);
        try {
            await make(folder, uid);
            await sweep(folder);
            return folder;
        } catch (error) {
            failure ??= error;
        }
    }
    throw failure;
}

async function make(folder: string, uid: number): Promise<void> {
    await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
    });
    const { uid: owner, mode } = await lstat(folder);
    if (owner === uid && (mode & 0o170077) === 0o040000) return;
    throw new UnikernelError("permission", `${folder} is not a folder that only this user may enter`, {
        hint: "remove it, or set XDG_RUNTIME_DIR to a folder of this user",
    });
}

/**
 * Remove sockets that killed ssh processes left. A name begins with the pid of the process that opened the connection.
 */
async function sweep(folder: string): Promise<void> {
    for (const name of await readdir(folder)) {
        const pid = /^(\d+)-/.exec(name)?.[1];
        if (pid && !existsSync(`/proc/${pid}`)) await rm(join(folder, name), { force: true });
    }
}
