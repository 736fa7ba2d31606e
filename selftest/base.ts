import { existsSync } from "node:fs";
import { rmdir } from "node:fs/promises";
import { dirname } from "node:path";

import { guestsFolder } from "../backends";

/** The folder of all guests is made with the first one. Returns what removes it, and those above it, where it was not there before. */
export function rememberBase(connection: string, local: boolean): () => Promise<void> {
    const missing: string[] = [];
    if (local)
        for (let folder = guestsFolder(connection); !existsSync(folder); folder = dirname(folder)) missing.push(folder);
    return async () => {
        // Another guest may have come meanwhile: a folder that is not empty stays.
        for (const folder of missing) await rmdir(folder).catch(() => undefined);
    };
}
