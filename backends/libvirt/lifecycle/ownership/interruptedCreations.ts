import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makeCacheFolder, writeWhole } from "../../../../localFiles";
import { hasCode } from "../../../../model";
import { PartialError } from "../../../backend";
import { isAbandoned, thisProcess } from "../../files/unfinished";
import type { Host } from "../../host";
import { hostIdOf } from "../hostIdentity";

/**
 * Return the path of the note, in the user's cache, of a create in progress. The note is the only proof that a ready
 * guest was made by a run that was killed before its state was written. A mark with the same URN and creator is no
 * proof: after `pulumi stack rename`, a guest in another stack's state may carry it. A lost note costs an `adopt:
 * true`; a note that stays too long gives a guest away. So the note is removed before the result is returned.
 */
function noteOf(hostId: string, uuid: string): string {
    return join(
        cacheFolder("creations"),
        `${uuid}-${createHash("sha256").update(hostId).digest("hex").slice(0, 16)}.json`,
    );
}

/**
 * Create a guest or a network, with a note as long as it may be on the host but not in state.
 * @param work gets whether an earlier create of it was interrupted
 */
export async function withNote<T>(
    { host, uuid, urn }: { host: Host; uuid: string; urn: string },
    work: (interrupted: boolean) => Promise<T>,
): Promise<T> {
    const hostId = hostIdOf(await host.info());
    const note = await creationOf(hostId, uuid);
    // The note of a running create: that create is not interrupted, and we must not remove its note.
    if (note?.alive) return work(false);
    const interrupted = note !== undefined;
    // Create even if the cache cannot be written: then the next run after a kill asks for `adopt`.
    await makeCacheFolder("creations")
        .then(() => writeWhole(noteOf(hostId, uuid), JSON.stringify({ urn, owner: thisProcess() })))
        .catch(() => undefined);
    try {
        const made = await work(interrupted);
        remove(hostId, uuid);
        return made;
    } catch (error) {
        // A partial guest gets into state too. A host that does not answer any more may have carried out the last call. A note
        // that existed before stays: it belongs to another run.
        const unknown = hasCode(error, "unreachable", "timeout");
        if (error instanceof PartialError || !(interrupted || unknown)) remove(hostId, uuid);
        throw error;
    }
}

/** Return the note of an unfinished create in this user's cache. `alive`: its process still runs. */
export async function creationOf(hostId: string, uuid: string): Promise<{ urn?: string; alive: boolean } | undefined> {
    const text = await readFile(noteOf(hostId, uuid), "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    try {
        const { urn, owner } = JSON.parse(text) as { urn?: string; owner?: string };
        return { urn, alive: typeof owner === "string" && !isAbandoned(owner, 0) };
    } catch {
        return { alive: false };
    }
}

/**
 * Remove the note, called by every operation on a guest in state.
 * @param place undefined in state of an older release, which had no notes
 */
export async function forgetCreation(hostId: string | undefined, uuid: string): Promise<void> {
    if (hostId !== undefined) remove(hostId, uuid);
}

/** Remove a note synchronously, so that no other work happens between this and the result. */
function remove(hostId: string, uuid: string): void {
    try {
        rmSync(noteOf(hostId, uuid), { force: true });
    } catch {
        // A cache that cannot be written has no note, or a later call removes it.
    }
}
