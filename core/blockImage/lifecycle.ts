import { resolve } from "node:path";
import {
    addUser, buildImage, cachePath, findBuilt, forgetBuilt, hashFile, isBuiltByUs, makeImageFolder, outputProblem, removeImage, removeManifestsIfUnused, removeUser, sealDigest, usersOf,
} from "../../images";
import { progressLog } from "./progress";
import { optionsOf, type BlockImageInputs, type BlockImageOutputs } from "./schema";

export interface Services {
    /** A line for the person at the terminal. */
    log(message: string): void;
}

/** Where the image of these inputs is, or will be. */
export function pathOf({ output, digest, format }: Pick<BlockImageInputs, "output" | "digest" | "format">): string {
    return output === undefined ? cachePath(digest, format) : resolve(output);
}

/**
 * Ends with the whole image in its place: one that is there is left as it is.
 * @param olds outputs from before, on an update
 */
export async function ensureImage(id: string, inputs: BlockImageInputs, services: Services, olds?: BlockImageOutputs): Promise<BlockImageOutputs> {
    const path = pathOf(inputs);
    if (inputs.output === undefined) await makeImageFolder();
    else await refuseForeign(id, inputs, olds);
    const wasUser = (await usersOf(path)).some((user) => user.id === id);
    // Before the file: whoever removes one looks for users first.
    await addUser(path, { id, urn: inputs.urn ?? "" });
    try {
        const there = await findBuilt(path);
        const built = there?.digest === inputs.digest
            ? there
            : await buildImage(inputs.source, optionsOf(inputs), inputs, path, progressLog(inputs, services));
        const { manifest: _, ...rest } = inputs;
        return { ...rest, path, sha256: sealDigest(built.sha256, inputs.digestKey), bytes: built.size };
    } catch (error) {
        if (!wasUser) await removeUser(path, id);
        throw error;
    }
}

/** Leaves an image; the file goes with its last user, an `output` only if it is still what was built. */
export async function releaseImage(id: string, old: BlockImageOutputs, services: Services): Promise<void> {
    const path = pathOf(old);
    const foreign = old.output !== undefined && !(await isOurs(path, old)) && (await hashFile(path).then(() => true, () => false));
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
}

/** True while the file that state speaks of is there and whole. */
export async function isWhole(old: BlockImageOutputs): Promise<boolean> {
    return (await findBuilt(pathOf(old)))?.digest === old.digest;
}

async function refuseForeign(id: string, inputs: BlockImageInputs, olds: BlockImageOutputs | undefined): Promise<void> {
    const error = await outputProblem(inputs.output!, inputs.source, id, async (path) => olds !== undefined && pathOf(olds) === path && isOurs(path, olds));
    if (error) throw error;
}

/** By our record of what we built, or, where the cache folder was lost, by the hash in state. */
async function isOurs(path: string, old: BlockImageOutputs): Promise<boolean> {
    if (await isBuiltByUs(path)) return true;
    const sha256 = await hashFile(path).catch(() => undefined);
    return sha256 !== undefined && sealDigest(sha256, old.digestKey) === old.sha256;
}
