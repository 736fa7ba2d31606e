import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makeCacheFolder } from "./cacheFolder";
import { writeWhole } from "./temporary";

/** A create or an update that writes the file of an `output`. */
export interface Writing {
    act: "create" | "update";
    /** The URN of the resource, then its URN in state if that differs. */
    urns: string[];
    /** Absolute path. */
    path: string;
}

/** Return the description of a write. @param olds the resource in state; undefined for a create */
export function writingTo(path: string, urn: string | undefined, olds: { urn?: string } | undefined): Writing {
    const urns = [urn, olds?.urn].filter((one) => one !== undefined);
    return { act: olds ? "update" : "create", urns: [...new Set(urns)], path };
}

/**
 * Return the path of a note about an unfinished write, in the user's cache. Such a note is the only proof that a killed
 * run of this resource built an existing file that state does not have. That this user built the file for the same URN
 * proves nothing: after `pulumi stack rename` another stack has it in its state.
 */
function noteOf(urn: string, path: string): string {
    return join(
        cacheFolder("creations"),
        `${createHash("sha256").update(`${urn}\0${path}`).digest("hex").slice(0, 32)}-image.json`,
    );
}

/** Return whether an earlier run of the same write did not finish. */
export async function wasInterrupted({ act, urns, path }: Writing): Promise<boolean> {
    const acts = await Promise.all(urns.map((urn) => actIn(noteOf(urn, path))));
    return acts.includes(act);
}

/**
 * Write with a note that exists as long as the file may be in place and not in state.
 * @param stays decides after an error whether the note stays; `begun`: an earlier run started this write
 */
export async function withNote<T>(
    writing: Writing,
    work: () => Promise<T>,
    stays: (interrupted: boolean, error: unknown) => Promise<boolean>,
): Promise<T> {
    const {
        act,
        urns: [urn],
        path,
    } = writing;
    const interrupted = await wasInterrupted(writing);
    // An unwritable cache must not prevent a build; without a note, after a kill the next run asks the user.
    if (urn !== undefined)
        await makeCacheFolder("creations")
            .then(() => writeWhole(noteOf(urn, path), JSON.stringify({ act, urn, path })))
            .catch(() => undefined);
    try {
        const made = await work();
        forgetWriting(writing);
        return made;
    } catch (error) {
        if (!(await stays(interrupted, error))) forgetWriting(writing);
        throw error;
    }
}

/**
 * Remove the note, because state has the file or will have it. Synchronous, so that nothing can happen between this and
 * the result.
 */
export function forgetWriting({ urns, path }: Pick<Writing, "urns" | "path">): void {
    try {
        for (const urn of urns) rmSync(noteOf(urn, path), { force: true });
    } catch {
        // An unwritable cache has no note either, or a later call removes it.
    }
}

async function actIn(file: string): Promise<unknown> {
    try {
        const parsed: unknown = JSON.parse(await readFile(file, "utf8"));
        return parsed !== null && typeof parsed === "object" && "act" in parsed ? parsed.act : undefined;
    } catch {
        return undefined;
    }
}
