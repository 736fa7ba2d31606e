import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makeCacheFolder } from "./folders";
import { writeWhole } from "./temporary";

/** A create or an update that writes the file of an `output`. */
export interface Writing {
    act: "create" | "update";
    /** The URN of the resource, then the one that state has for it. */
    urns: string[];
    /** Absolute. */
    path: string;
}

/** Return what writes a file. @param olds of the resource, where state has it: then it is an update */
export function writingTo(path: string, urn: string | undefined, olds: { urn?: string } | undefined): Writing {
    const urns = [urn, olds?.urn].filter((one) => one !== undefined);
    return { act: olds ? "update" : "create", urns: [...new Set(urns)], path };
}

/**
 * Notes in the user's cache of writings that have begun and have not ended: the only proof that a file which is there, and
 * is not what state has, was built by a run of this resource that was killed. That this user built it for the same URN is
 * no proof: after `pulumi stack rename` another stack has it in its state.
 */
function noteOf(urn: string, path: string): string {
    return join(
        cacheFolder("creations"),
        `${createHash("sha256").update(`${urn}\0${path}`).digest("hex").slice(0, 32)}-image.json`,
    );
}

/** Return whether an earlier run of this very writing did not end. */
export async function hasBegun({ act, urns, path }: Writing): Promise<boolean> {
    const acts = await Promise.all(urns.map((urn) => actIn(noteOf(urn, path))));
    return acts.includes(act);
}

/**
 * Write with a note for as long as the file may be in its place and not in state.
 * @param stays whether the note is to stay after an error; told whether an earlier run began this writing
 */
export async function withNote<T>(
    writing: Writing,
    work: () => Promise<T>,
    stays: (begun: boolean, error: unknown) => Promise<boolean>,
): Promise<T> {
    const {
        act,
        urns: [urn],
        path,
    } = writing;
    const begun = await hasBegun(writing);
    // A cache that cannot be written is no reason not to build: after a kill the next run asks what to do.
    if (urn !== undefined)
        await makeCacheFolder("creations")
            .then(() => writeWhole(noteOf(urn, path), JSON.stringify({ act, urn, path })))
            .catch(() => undefined);
    try {
        const made = await work();
        forgetWriting(writing);
        return made;
    } catch (error) {
        if (!(await stays(begun, error))) forgetWriting(writing);
        throw error;
    }
}

/** Remove the note: state has the file, or will have it. At once: between this and the result nothing else is to happen. */
export function forgetWriting({ urns, path }: Pick<Writing, "urns" | "path">): void {
    try {
        for (const urn of urns) rmSync(noteOf(urn, path), { force: true });
    } catch {
        // A cache that cannot be written has no note either, or one that a later call removes.
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
