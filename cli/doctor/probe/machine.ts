import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { userInfo } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";

/** The machine under examination; tests pass another environment. */
export interface Machine {
    env: NodeJS.ProcessEnv;
    user: { name: string; uid: number };
}

export function thisMachine(env: NodeJS.ProcessEnv = process.env): Machine {
    const uid = process.getuid?.() ?? -1;
    return { env, user: { name: accountName(uid), uid } };
}

/** A uid without an account (usual in containers) has no name. */
function accountName(uid: number): string {
    try {
        return userInfo().username;
    } catch {
        return String(uid);
    }
}

export async function exists(path: string, mode: number = constants.F_OK): Promise<boolean> {
    return access(path, mode).then(
        () => true,
        () => false,
    );
}

/**
 * Administrators' programs (mke2fs, libvirtd, getcap) are searched here too, because these are often not on a user's
 * PATH.
 */
const ADMIN = ["/usr/sbin", "/sbin"];

/** Return the first executable of that name on the machine's PATH. */
export async function which(machine: Machine, program: string): Promise<string | undefined> {
    for (const folder of [...(machine.env.PATH ?? "").split(delimiter), ...ADMIN]) {
        if (!isAbsolute(folder)) continue;
        const path = join(folder, program);
        if (await exists(path, constants.X_OK)) return path;
    }
    return undefined;
}
