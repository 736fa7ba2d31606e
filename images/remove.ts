import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { forgetBuilt } from "./built";
import { cacheFolder } from "./folders";
import { errnoOf, fsError } from "./fsError";
import { sweepTemporaries, temporaryName } from "./temporary";
import { nobodyLeft, removeUser, usersOf } from "./users";

/**
 * Takes a user off an image file, and removes the file with its record when nobody else needs it.
 * @returns false when others do, and it stays
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
    // Someone may have come while the file still had its name, and has it in use; who comes now builds it anew.
    if ((await usersOf(path)).length > 0) {
        await rename(aside, path);
        return false;
    }
    await forgetBuilt(path);
    await rm(aside, { force: true });
    return true;
}

/** The manifests of images past are of use only as long as there is an image to compare with. */
export async function removeManifestsIfUnused(): Promise<void> {
    if (await nobodyLeft()) await rm(cacheFolder("manifests"), { recursive: true, force: true });
}
