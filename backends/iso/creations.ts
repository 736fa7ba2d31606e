import { rmSync } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makeCacheFolder, writeWhole } from "../../images";

/**
 * Creates of media that have begun and not ended, by the unikernel's uuid: the only proof that an image which is there, and
 * in no state that we know, was made by a run that was killed. That this user built it for the same URN is none: after
 * `pulumi stack rename` another stack has it in its state.
 */
function noteOf(uuid: string): string {
    return join(cacheFolder("creations"), `${uuid}-medium.json`);
}

export async function noteCreation(uuid: string, urn: string): Promise<void> {
    await makeCacheFolder("creations");
    await writeWhole(noteOf(uuid), JSON.stringify({ urn }));
}

export async function creationHasBegun(uuid: string): Promise<boolean> {
    return access(noteOf(uuid)).then(() => true, () => false);
}

/** Called with everything that has the medium in state. At once: between this and a create's result nothing else is to happen. */
export function forgetCreation(uuid: string): void {
    try {
        rmSync(noteOf(uuid), { force: true });
    } catch {
        // A cache that cannot be written has no note either, or one that a later call removes.
    }
}
