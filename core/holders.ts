import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makeCacheFolder, writeWhole } from "../images";

/**
 * Which resource in state has an identity that follows from a URN: a uuid, a MAC, a port that was chosen. It stays with a
 * resource that is renamed (a stack, an alias), so a newcomer under the old URN has to take another.
 * Known for this run of the engine, and in the user's cache for stacks that this user has deployed: losing it costs an error
 * that names the holder, at the host.
 */
const inRun = new Map<string, string>();

function noteOf(identity: string): string {
    return join(cacheFolder("identities"), `${createHash("sha256").update(identity).digest("hex").slice(0, 32)}.json`);
}

/** Return the URN of the resource that was last seen in state with this identity. */
export async function holderOf(identity: string): Promise<string | undefined> {
    return inRun.get(identity) ?? (await noted(identity));
}

/** Return the URN of the resource that this run of the engine has found in state with this identity. */
export function holderInRun(identity: string): string | undefined {
    return inRun.get(identity);
}

/** Note for this run that a resource in state has this identity: a check, of which nothing is to stay. */
export function noteInRun(identity: string, urn: string): void {
    inRun.set(identity, urn);
}

/** Note that a resource has this identity from now on. */
export async function noteHolder(identity: string, urn: string): Promise<void> {
    inRun.set(identity, urn);
    if ((await noted(identity)) === urn) return;
    await makeCacheFolder("identities")
        .then(() => writeWhole(noteOf(identity), JSON.stringify({ urn })))
        .catch(() => undefined);
}

/** The resource is gone, and its identity is free again. */
export async function forgetHolder(identity: string, urn: string): Promise<void> {
    if (inRun.get(identity) === urn) inRun.delete(identity);
    if ((await noted(identity)) === urn) await rm(noteOf(identity), { force: true }).catch(() => undefined);
}

/** For a test: another run of the engine. */
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
