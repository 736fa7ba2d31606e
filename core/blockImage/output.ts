import { resolve } from "node:path";
import { type ImageSource, sealDigest } from "../../images";
import { hashFile, isBuiltByUs, outputProblem, type Writing, wasInterrupted } from "../../localFiles";
import { UnikernelError } from "../../model";
import { noteInRun, ownerInRun } from "../identityOwners";
import type { BlockImageOutputs } from "./schema";
import { wouldHold } from "./sources";

/** The facts that decide whose the file at an `output` is. */
export interface Claim {
    /** Identity of the resource; undefined while it is unknown. */
    id: string | undefined;
    source: ImageSource | undefined;
    /** Patterns of what the image leaves out of its source. */
    ignore?: string[];
    /** `path` as the program writes it. */
    writing: Writing;
    /** Return whether state has the existing file. */
    inState(path: string): Promise<boolean>;
    /** Return whether the engine replaces this resource on request; it is in state then. */
    isReplaced?(urn: string): boolean;
}

/** Return the problem with the place of an image, such as an existing file that is not the one in state. */
export async function outputFault({
    id,
    source,
    ignore,
    writing,
    inState,
    isReplaced,
}: Claim): Promise<UnikernelError | undefined> {
    const { urns, path: output } = writing;
    if (typeof source === "string" && (await wouldHold({ path: source, ignore }, resolve(output))))
        return new UnikernelError(
            "invalid",
            `${output} is the source or lies inside of it, so that the image would be part of itself`,
            {
                hint: "choose a path outside of `source`, or leave the folder of the image out by `ignore`",
                property: "output",
            },
        );
    const interrupted = async (path: string): Promise<boolean> =>
        urns.some((urn) => ownerInRun(keyOf(path)) === urn || isReplaced?.(urn)) ||
        wasInterrupted({ ...writing, path });
    const hint =
        "if its stack or resource was renamed, it is that one's: choose another output here. If no stack has it any more, remove the file";
    return outputProblem(output, id, { inState, interrupted, hint });
}

/** Note for this run that state has this file: an engine may create a replacement before it deletes. */
export function noteOutput(output: string, urn: string): void {
    noteInRun(keyOf(resolve(output)), urn);
}

const keyOf = (path: string): string => `image ${path}`;

/**
 * Return whether the file is the resource's own: by the record of builds, of any run of this stack, or by the hash in
 * state where the cache folder was lost.
 */
export async function isOurs(path: string, old: BlockImageOutputs): Promise<boolean> {
    if (await isBuiltByUs(path)) return true;
    const sha256 = await hashFile(path).catch(() => undefined);
    return sha256 !== undefined && sealDigest(sha256, old.digestKey) === old.sha256;
}
