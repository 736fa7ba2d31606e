import { createHmac, randomBytes } from "node:crypto";
import { hasCode, KEY_DIGITS } from "../spec";
import { isUnknown } from "./handlers";
import { keyFilePath, keyFromFile } from "./keyFile";

/** Where the key of a resource's digests over secrets may come from. */
export interface KeySources {
    urn: string;
    /** The key in state, "" or undefined where there is none. */
    old: string | undefined;
    /** What the host of the handlers sends: a key from the engine's random seed, or "" where it has no seed. */
    given: unknown;
    log(message: string): void;
}

let warned = false;

/**
 * Return the key of digests over secrets: the one in state, so that an existing resource stays what it is; else one that each check of the same
 * plan finds again: from the engine's seed, or from this user's key file.
 */
export async function digestKeyOf({ urn, old, given, log }: KeySources): Promise<string> {
    if (old) return old;
    if (typeof given === "string" && given !== "" && !isUnknown(given)) return given;
    try {
        return await keyFromFile(urn);
    } catch (error) {
        // A file that is there and wrong is for the user to see to; a home that cannot be written keeps no guest from being made.
        if (hasCode(error, "permission", "invalid")) throw error;
        if (!warned)
            log(
                `warning: no key file can be kept at ${keyFilePath()} (${(error as NodeJS.ErrnoException).code ?? String(error)}): digests over new secrets get a random key in each run, and a saved plan does not apply to them; set XDG_DATA_HOME to a folder that you can write`,
            );
        warned = true;
        return randomBytes(KEY_DIGITS / 2).toString("hex");
    }
}

/** Return the key that follows from the random seed of the engine's check, "" without a seed. The engine keeps the seed in a saved plan. */
export function keyFromSeed(seed: Uint8Array, urn: string): string {
    return seed.length === 0
        ? ""
        : createHmac("sha256", seed).update(`digestKey of ${urn}`).digest("hex").slice(0, KEY_DIGITS);
}
