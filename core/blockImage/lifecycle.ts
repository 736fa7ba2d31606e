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
    /** Print a line for the user. */
    log(message: string): void;
    /** Return whether the engine replaces this resource on request; it is in state then. */
    isReplaced?(urn: string): boolean;
}

/** Return the path of the image of these inputs. */
export function pathOf({ output, digest, format }: Pick<BlockImageInputs, "output" | "digest" | "format">): string {
    return output === undefined ? cachePath(digest, format) : resolve(output);
}

/** Build the image unless it is in its place already. */
export async function createImage(
    id: string,
    inputs: BlockImageInputs,
    services: Services,
): Promise<BlockImageOutputs> {
    return write(id, inputs, services, undefined, () => build(id, inputs, services));
}

/**
 * Build the changed image of a resource in state. Its former file is removed when the new one is whole.
 * @param olds the outputs in state
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

/** Do the work unless another owner has a file at `output`; a file of the cache has its digest in its name. */
async function write(
    id: string,
    inputs: BlockImageInputs,
    services: Services,
    olds: BlockImageOutputs | undefined,
    work: () => Promise<BlockImageOutputs>,
): Promise<BlockImageOutputs> {
    const { output, source, ignore, digest } = inputs;
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
        ignore,
        writing: { ...writing, path: output },
        inState,
        isReplaced: services.isReplaced,
    });
    if (error) throw error;
    // An operation that failed after the file was in its place continues, and so does one that an earlier run began.
    return withNote(
        writing,
        work,
        async (interrupted) => interrupted || (await findBuilt(writing.path))?.digest === digest,
    );
}

async function build(id: string, inputs: BlockImageInputs, services: Services): Promise<BlockImageOutputs> {
    const path = pathOf(inputs);
    const wasUser = (await usersOf(path)).some((user) => user.id === id);
    // Before the file: a removal looks for users first.
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

/** Give up an image. Its last user removes the file, an `output` only while it is unchanged. */
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

/** Return whether the file in state exists and is whole. */
export async function isWhole(old: BlockImageOutputs): Promise<boolean> {
    const whole = (await findBuilt(pathOf(old)))?.digest === old.digest;
    if (whole && old.output !== undefined) forgetWriting(writingTo(pathOf(old), old.urn, old));
    return whole;
}
