import { existsSync } from "node:fs";
import { rmdir } from "node:fs/promises";
import { dirname } from "node:path";

import { guestsFolder } from "../backends/inspection";

/**
 * Record which folders above the guests' folders do not exist yet, before the first guest creates them. Returns a
 * function that removes these folders again.
 */
export function rememberBase(connection: string, local: boolean): () => Promise<void> {
    const missing: string[] = [];
    if (local)
        for (let folder = guestsFolder(connection); !existsSync(folder); folder = dirname(folder)) missing.push(folder);
    return async () => {
        // Another guest may have been created in the meantime: a folder that is not empty stays.
        for (const folder of missing) await rmdir(folder).catch(() => undefined);
    };
}
