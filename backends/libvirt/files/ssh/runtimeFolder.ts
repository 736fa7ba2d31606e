import { existsSync } from "node:fs";
import { lstat, mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { UnikernelError } from "../../../../spec";

/** A socket's path has 108 bytes (unix(7)), of which ssh takes 17 for a temporary name. */
const LONGEST = 70;

/** Where the sockets of this user's connections are: nobody else may enter it. */
export async function runtimeFolder(): Promise<string> {
    const uid = process.getuid?.() ?? 0;
    const places = [process.env.XDG_RUNTIME_DIR, tmpdir(), "/tmp"].filter((place): place is string => !!place && place.length < LONGEST && existsSync(place));
    const folder = join(places[0] ?? "/tmp", `pulumi-unikernel-${uid}`);
    await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
    });
    const { uid: owner, mode } = await lstat(folder);
    if (owner !== uid || (mode & 0o170077) !== 0o040000) {
        throw new UnikernelError("permission", `${folder} is not a folder that only this user may enter`, {
            hint: "remove it, or set XDG_RUNTIME_DIR to a folder of this user",
        });
    }
    await sweep(folder);
    return folder;
}

/** A socket stays when its ssh is killed; its name begins with the pid of the process that wanted it. */
async function sweep(folder: string): Promise<void> {
    for (const name of await readdir(folder)) {
        const pid = /^(\d+)-/.exec(name)?.[1];
        if (pid && !existsSync(`/proc/${pid}`)) await rm(join(folder, name), { force: true });
    }
}
