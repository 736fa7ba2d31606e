import { createHmac, randomBytes } from "node:crypto";
import { hasCode, KEY_DIGITS } from "../../model";
import { isUnknown } from "../handlers";
import { keyFilePath, keyFromFile } from "./keyFile";

/** Sources of the key for a resource's digests over secrets. */
export interface KeySources {
    urn: string;
    /** The key in state; "" or undefined when there is none. */
    old: string | undefined;
    /** From the process that runs the handlers: a key from the engine's random seed, or "" when it has no seed. */
    given: unknown;
    log(message: string): void;
}

let warned = false;

/**
 * Return the key of digests over secrets. The key in state comes first, so that an existing resource does not change;
 * then a key that each check of the same plan finds again: from the engine's seed, or from this user's key file.
 */
export async function digestKeyOf({ urn, old, given, log }: KeySources): Promise<string> {
    if (old) return old;
    if (typeof given === "string" && given !== "" && !isUnknown(given)) return given;
    try {
        return await keyFromFile(urn);
    } catch (error) {
        // The user must repair a bad key file; an unwritable home must not prevent guests from being created.
        if (hasCode(error, "permission", "invalid")) throw error;
        if (!warned)
            log(
                `warning: cannot write the key file ${keyFilePath()} (${(error as NodeJS.ErrnoException).code ?? String(error)}): digests over new secrets get a random key in each run, and a saved plan does not apply to them; set XDG_DATA_HOME to a writable folder`,
            );
        warned = true;
        return randomBytes(KEY_DIGITS / 2).toString("hex");
    }
}

/**
 * Return the key that follows from the random seed of the engine's check; "" without a seed. The engine keeps the seed
 * in a saved plan.
 */
export function keyFromSeed(seed: Uint8Array, urn: string): string {
    return seed.length === 0
        ? ""
        : createHmac("sha256", seed).update(`digestKey of ${urn}`).digest("hex").slice(0, KEY_DIGITS);
}
