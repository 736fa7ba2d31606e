import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makeCacheFolder, writeWhole } from "../../../../localFiles";

/**
 * Return the path of the note of a failed deletion, by the guest's uuid. Pulumi keeps such a guest in its state
 * unchanged, and would find no difference. A lost note costs a refresh.
 */
function noteOf(uuid: string): string {
    return join(cacheFolder("deletions"), `${uuid}.json`);
}

export async function noteDeletion(uuid: string): Promise<void> {
    await makeCacheFolder("deletions");
    await writeWhole(noteOf(uuid), "{}");
}

export async function forgetDeletion(uuid: string): Promise<void> {
    await rm(noteOf(uuid), { force: true });
}

export async function wasDeletionInterrupted(uuid: string): Promise<boolean> {
    return access(noteOf(uuid)).then(
        () => true,
        () => false,
    );
}
