import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { forgetBuilt } from "./built";
import { cacheFolder } from "./cacheFolder";
import { errnoOf, fsError } from "./fsError";
import { sweepTemporaries, temporaryName } from "./temporary";
import { hasNoUsers, removeUser, usersOf } from "./users";

/**
 * Remove a user of an image file; when it was the last one, remove the file and its record.
 * @returns false when others use the file and it stays
 */
export async function removeImage(path: string, id: string): Promise<boolean> {
    await removeUser(path, id);
    await sweepTemporaries(dirname(path));
    if ((await usersOf(path)).length > 0) return false;
    const aside = temporaryName(path);
    try {
        await rename(path, aside);
    } catch (error) {
        if (errnoOf(error) !== "ENOENT") throw fsError(error, "remove", path);
        await forgetBuilt(path);
        return true;
    }
    // A user may have been added while the file still had its name, and uses it. A later one builds the file again.
    if ((await usersOf(path)).length > 0) {
        await rename(aside, path);
        return false;
    }
    await forgetBuilt(path);
    await rm(aside, { force: true });
    return true;
}

/** Remove the manifests once no image is left to compare them with. They stay where a create writes one meanwhile. */
export async function removeManifestsIfUnused(): Promise<void> {
    if (!(await hasNoUsers())) return;
    await rm(cacheFolder("manifests"), { recursive: true, force: true }).catch((error: unknown) => {
        if (errnoOf(error) !== "ENOTEMPTY") throw error;
    });
}
