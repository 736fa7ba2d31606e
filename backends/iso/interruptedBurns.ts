import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makeCacheFolder, writeWhole } from "../../localFiles";

/**
 * Return the path of the note of a burn in progress, by the unikernel's uuid. A process that is killed during a burn
 * cannot update state, although the device's content has changed. A lost note costs a refresh.
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

export async function wasBurnInterrupted(uuid: string): Promise<boolean> {
    return access(noteOf(uuid)).then(
        () => true,
        () => false,
    );
}
