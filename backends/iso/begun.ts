import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makeCacheFolder, writeWhole } from "../../images";

/**
 * Burns that have begun and not ended, by the unikernel's uuid: a process that is killed in the middle cannot tell
 * state that the device no longer holds what it held. Losing the note costs a refresh.
 */
function noteOf(uuid: string): string {
    return join(cacheFolder("burns"), `${uuid}.json`);
}

export async function noteBurn(uuid: string, device: string): Promise<void> {
    await makeCacheFolder("burns");
    await writeWhole(noteOf(uuid), JSON.stringify({ device }));
}

export async function forgetBurn(uuid: string): Promise<void> {
    await rm(noteOf(uuid), { force: true });
}

export async function burnHasBegun(uuid: string): Promise<boolean> {
    return access(noteOf(uuid)).then(
        () => true,
        () => false,
    );
}
