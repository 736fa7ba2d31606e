import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makeCacheFolder, writeWhole } from "../../../images";
import { type Observation, PartialError } from "../../backend";
import { isAbandoned, thisProcess } from "../files";
import { placeOf } from "./place";
import type { Run } from "./run";

/**
 * Notes in the user's cache of creates that have begun and have not ended: the only proof that a guest which is ready on
 * the host was made by a run that was killed before its state was written. A mark of the same URN and creator is no proof:
 * after `pulumi stack rename` a guest that another stack has in its state carries it.
 * Losing a note costs an `adopt: true`; a note that stays too long gives a guest away. So it goes before the result does.
 */
function noteOf(place: string, uuid: string): string {
    return join(
        cacheFolder("creations"),
        `${uuid}-${createHash("sha256").update(place).digest("hex").slice(0, 16)}.json`,
    );
}

/**
 * Create with a note for as long as the guest may be on the host and not in state.
 * @param work told whether an earlier create of this guest was interrupted
 */
export async function withNote(
    {
        host,
        plan: {
            spec: { uuid, urn },
        },
    }: Run,
    work: (begun: boolean) => Promise<Observation>,
): Promise<Observation> {
    const place = placeOf(await host.info());
    const note = await creationOf(place, uuid);
    // Of a create that is at work: neither an interrupted one nor ours to remove.
    if (note?.alive) return work(false);
    const begun = note !== undefined;
    // A cache that cannot be written is no reason not to create: after a kill the next run asks for `adopt`.
    await makeCacheFolder("creations")
        .then(() => writeWhole(noteOf(place, uuid), JSON.stringify({ urn, owner: thisProcess() })))
        .catch(() => undefined);
    try {
        const made = await work(begun);
        remove(place, uuid);
        return made;
    } catch (error) {
        // A partial guest comes into state too. Where nothing does, a note that was found stays: it is of another run.
        if (!begun || error instanceof PartialError) remove(place, uuid);
        throw error;
    }
}

/** Return what this user's cache knows of a create that has not ended; `alive`: the process that runs it is there. */
export async function creationOf(place: string, uuid: string): Promise<{ urn?: string; alive: boolean } | undefined> {
    const text = await readFile(noteOf(place, uuid), "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    try {
        const { urn, owner } = JSON.parse(text) as { urn?: string; owner?: string };
        return { urn, alive: typeof owner === "string" && !isAbandoned(owner, 0) };
    } catch {
        return { alive: false };
    }
}

/** Called with everything that has the guest in state. @param place undefined: state of an older release, which left no notes */
export async function forgetCreation(place: string | undefined, uuid: string): Promise<void> {
    if (place !== undefined) remove(place, uuid);
}

/** At once: between this and the result nothing else is to happen. */
function remove(place: string, uuid: string): void {
    try {
        rmSync(noteOf(place, uuid), { force: true });
    } catch {
        // A cache that cannot be written has no note either, or one that a later call removes.
    }
}
