import { createHash, createHmac } from "node:crypto";
import { canonical } from "../canonical";
import { UNKNOWN, containsUnknown } from "../handlers";
import { root } from "./diff";
import { bootRelevant, configRelevant } from "./inputs";
import type { ConsequenceTable } from "../../backends/backend";
import type { Digests, UnikernelSpec } from "../../spec";

/** The first 128 bits of sha256 over data, 32 hex digits; of the HMAC where there is a key. Unknown while the data are. */
export function digestOfData(data: unknown, key?: string): string {
    if (containsUnknown(data)) return UNKNOWN;
    const hash = key ? createHmac("sha256", Buffer.from(key, "hex")) : createHash("sha256");
    return hash.update(canonical(data)).digest("hex").slice(0, 32);
}

/** @param key for a configuration that holds secrets: a plain hash of a short password can be guessed */
export function configDigest(spec: UnikernelSpec, key?: string): string {
    return digestOfData(configRelevant(spec), key);
}

/** Over what only a restart can change: with what may change live in it, a live change would look like another boot. */
export function bootDigest(spec: UnikernelSpec & { digests: Digests }, table: ConsequenceTable): string {
    const live = new Set(Object.entries(table).filter(([, { consequence, refine }]) => consequence === "live" || refine).map(([path]) => root(path)));
    return digestOfData(Object.fromEntries(Object.entries(bootRelevant(spec)).filter(([property]) => !live.has(property))));
}
