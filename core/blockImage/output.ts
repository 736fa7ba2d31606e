import { resolve } from "node:path";
import { type ImageSource, sealDigest } from "../../images";
import { hashFile, isBuiltByUs, outputProblem, type Writing, wasInterrupted } from "../../localFiles";
import type { UnikernelError } from "../../model";
import { noteInRun, ownerInRun } from "../identityOwners";
import type { BlockImageOutputs } from "./schema";

/** What decides whose the file at an `output` is. */
export interface Claim {
    /** Identity of the resource; undefined when it is not known yet. */
    id: string | undefined;
    source: ImageSource | undefined;
    /** `path` as the program writes it. */
    writing: Writing;
    /** Whether state has the file that is there. */
    inState(path: string): Promise<boolean>;
    /** Whether the engine was told to replace this resource, which is in state then. */
    isReplaced?(urn: string): boolean;
}

/** What is wrong with the place of an image, a file that is there and is not what state has included. */
export async function outputFault({
    id,
    source,
    writing,
    inState,
    isReplaced,
}: Claim): Promise<UnikernelError | undefined> {
    const { urns, path: output } = writing;
    const interrupted = async (path: string): Promise<boolean> =>
        urns.some((urn) => ownerInRun(keyOf(path)) === urn || isReplaced?.(urn)) ||
        wasInterrupted({ ...writing, path });
    const hint =
        "if its stack or resource was renamed, it is that one's: choose another output here. If no stack has it any more, remove the file";
    return outputProblem(output, source, id, { inState, interrupted, hint });
}

/** Note for this run that state has this file: an engine may create a replacement before it deletes. */
export function noteOutput(output: string, urn: string): void {
    noteInRun(keyOf(resolve(output)), urn);
}

const keyOf = (path: string): string => `image ${path}`;

/**
 * By our record of what we built, whatever run of this stack it was, or, where the cache folder was lost, by the hash
 * in state.
 */
export async function isOurs(path: string, old: BlockImageOutputs): Promise<boolean> {
    if (await isBuiltByUs(path)) return true;
    const sha256 = await hashFile(path).catch(() => undefined);
    return sha256 !== undefined && sealDigest(sha256, old.digestKey) === old.sha256;
}
