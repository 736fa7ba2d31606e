import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makeCacheFolder, writeWhole } from "../localFiles";

/**
 * The resource in state that holds each identity derived from a URN: a uuid, a MAC, a chosen port. An identity stays
 * with a resource that is renamed (by stack or alias), so a new resource under the old URN must take another one. Known
 * for this run of the engine, and in the user's cache for stacks that this user has deployed. Losing the cache costs an
 * error at the host that names the holder.
 */
const inRun = new Map<string, string>();

function noteOf(identity: string): string {
    return join(cacheFolder("identities"), `${createHash("sha256").update(identity).digest("hex").slice(0, 32)}.json`);
}

/** Return the URN of the resource that was last seen in state with this identity. */
export async function ownerOf(identity: string): Promise<string | undefined> {
    return inRun.get(identity) ?? (await noted(identity));
}

/** Return the URN of the resource that this run of the engine found in state with this identity. */
export function ownerInRun(identity: string): string | undefined {
    return inRun.get(identity);
}

/** Note for this run only that a resource in state has this identity. For check, which must leave nothing behind. */
export function noteInRun(identity: string, urn: string): void {
    inRun.set(identity, urn);
}

/** Note, also for later runs, that a resource has this identity. */
export async function noteOwner(identity: string, urn: string): Promise<void> {
    inRun.set(identity, urn);
    if ((await noted(identity)) === urn) return;
    await makeCacheFolder("identities")
        .then(() => writeWhole(noteOf(identity), JSON.stringify({ urn })))
        .catch(() => undefined);
}

/** Release the identity of a deleted resource. */
export async function forgetOwner(identity: string, urn: string): Promise<void> {
    if (inRun.get(identity) === urn) inRun.delete(identity);
    if ((await noted(identity)) === urn) await rm(noteOf(identity), { force: true }).catch(() => undefined);
}

/** Start another run of the engine, for tests. */
export function forgetRun(): void {
    inRun.clear();
}

async function noted(identity: string): Promise<string | undefined> {
    try {
        const { urn } = JSON.parse(await readFile(noteOf(identity), "utf8")) as { urn?: unknown };
        return typeof urn === "string" ? urn : undefined;
    } catch {
        return undefined;
    }
}
