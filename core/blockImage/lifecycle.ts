import { resolve } from "node:path";
import { buildImage, cachePath, makeImageFolder, sealDigest } from "../../images";
import {
    addUser,
    findBuilt,
    forgetBuilt,
    forgetWriting,
    hashFile,
    removeImage,
    removeManifestsIfUnused,
    removeUser,
    usersOf,
    withNote,
    writingTo,
} from "../../localFiles";
import { SCHEMA_VERSION } from "../../model";
import { isOurs, outputFault } from "./output";
import { progressLog } from "./progress";
import { type BlockImageInputs, type BlockImageOutputs, optionsOf } from "./schema";

export interface Services {
    /** A line for the person at the terminal. */
    log(message: string): void;
    /** Whether the engine was told to replace this resource, which is in state then. */
    isReplaced?(urn: string): boolean;
}

/** Where the image of these inputs is, or will be. */
export function pathOf({ output, digest, format }: Pick<BlockImageInputs, "output" | "digest" | "format">): string {
    return output === undefined ? cachePath(digest, format) : resolve(output);
}

/** Ends with the whole image in its place: one that is there is left as it is. */
export async function createImage(
    id: string,
    inputs: BlockImageInputs,
    services: Services,
): Promise<BlockImageOutputs> {
    return write(id, inputs, services, undefined, () => build(id, inputs, services));
}

/**
 * The same of an image that state has; its former file goes when the new one is whole. @param olds outputs from before
 */
export async function updateImage(
    id: string,
    inputs: BlockImageInputs,
    services: Services,
    olds: BlockImageOutputs,
): Promise<BlockImageOutputs> {
    return write(id, inputs, services, olds, async () => {
        const outs = await build(id, inputs, services);
        if (pathOf(olds) !== outs.path) await releaseImage(id, olds, services);
        return outs;
    });
}

/** Does the work if the place is ours to write to; a file of the cache is by its digest. */
async function write(
    id: string,
    inputs: BlockImageInputs,
    services: Services,
    olds: BlockImageOutputs | undefined,
    work: () => Promise<BlockImageOutputs>,
): Promise<BlockImageOutputs> {
    const { output, source, digest } = inputs;
    if (output === undefined) {
        await makeImageFolder();
        return work();
    }
    const writing = writingTo(pathOf(inputs), inputs.urn, olds);
    const inState = async (path: string): Promise<boolean> =>
        olds !== undefined && pathOf(olds) === path && isOurs(path, olds);
    const error = await outputFault({
        id,
        source,
        writing: { ...writing, path: output },
        inState,
        isReplaced: services.isReplaced,
    });
    if (error) throw error;
    // What failed after the file had come into its place goes on, and so does what an earlier run began.
    return withNote(
        writing,
        work,
        async (interrupted) => interrupted || (await findBuilt(writing.path))?.digest === digest,
    );
}

async function build(id: string, inputs: BlockImageInputs, services: Services): Promise<BlockImageOutputs> {
    const path = pathOf(inputs);
    const wasUser = (await usersOf(path)).some((user) => user.id === id);
    // Before the file: whoever removes one looks for users first.
    await addUser(path, { id, urn: inputs.urn ?? "" });
    try {
        const there = await findBuilt(path);
        const built =
            there?.digest === inputs.digest
                ? there
                : await buildImage(inputs.source, optionsOf(inputs), inputs, path, progressLog(inputs, services));
        const { manifest: _, ...rest } = inputs;
        const sha256 = sealDigest(built.sha256, inputs.digestKey);
        // Inputs that did not change keep their version; these outputs have the form of this one.
        return { ...rest, schemaVersion: SCHEMA_VERSION, path, sha256, size: built.size };
    } catch (error) {
        if (!wasUser) await removeUser(path, id);
        throw error;
    }
}

/** Leaves an image; the file goes with its last user, an `output` only if it is still what was built. */
async function releaseImage(id: string, old: BlockImageOutputs, services: Services): Promise<void> {
    const path = pathOf(old);
    const foreign =
        old.output !== undefined &&
        !(await isOurs(path, old)) &&
        (await hashFile(path).then(
            () => true,
            () => false,
        ));
    if (foreign) {
        services.log(`${old.output} was changed after it was built: it is left where it is`);
        await removeUser(path, id);
        await forgetBuilt(path);
        return;
    }
    await removeImage(path, id);
}

export async function deleteImage(id: string, old: BlockImageOutputs, services: Services): Promise<void> {
    await releaseImage(id, old, services);
    await removeManifestsIfUnused();
    if (old.output !== undefined) forgetWriting(writingTo(pathOf(old), old.urn, old));
}

/** True while the file that state speaks of is there and whole. */
export async function isWhole(old: BlockImageOutputs): Promise<boolean> {
    const whole = (await findBuilt(pathOf(old)))?.digest === old.digest;
    if (whole && old.output !== undefined) forgetWriting(writingTo(pathOf(old), old.urn, old));
    return whole;
}
