import { chmod, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import {
    addUser,
    everyFewSeconds,
    findBuilt,
    forgetBuilt,
    hashFile,
    isBuiltByUs,
    mebibytes,
    outputProblem,
    publish,
    recordBuilt,
    removeImage,
    removeUser,
    sealDigest,
    sweepTemporaries,
    temporaryName,
    writeError,
} from "../../images";
import type { GuestPlan, MediumOutputs, UnikernelSpec } from "../../spec";
import type { Applied, Context, GuestRef } from "../backend";
import { bake, type MediumContents, mediumOf } from "./medium";
import { outputPath } from "./output";
import { addSum, removeSum } from "./sums";

export type Image = Omit<MediumOutputs, "burned">;

/**
 * Refuse a file that is at `output` already and is not this medium's. State decides: an image of this
 * resource that was edited is mended. An image of another resource is not, although this package built it.
 * @param begun a create or a move that was interrupted, or a replacement, may have made it
 */
export async function refuseForeign(spec: UnikernelSpec, begun: boolean, olds?: Applied): Promise<void> {
    const path = outputPath(spec);
    const error = await outputProblem(path, undefined, spec.uuid, {
        inState: async () => olds?.path === path,
        begun: async () => begun,
        hint: "if its stack or resource was renamed, it is that one's: choose another output here. If this stack's state was lost, adopt: true overwrites it",
    });
    if (error) throw error;
}

/**
 * Ends with the whole image in its place, and its sum beside it: one that is there is left as it is. The old one stays
 * until the new one is whole and synced.
 * @param olds what state knows of an earlier image
 */
export async function ensureImage(plan: GuestPlan, context: Context, olds?: Applied): Promise<Image> {
    const { spec, digestKey } = plan;
    const path = outputPath(spec);
    const contents = mediumOf(plan);
    // Before the file: whoever removes one looks for users first.
    await addUser(path, { id: spec.uuid, urn: spec.urn });
    const there = await findBuilt(path);
    // Digests of another key, or of none, do not stay in state.
    const known = there?.digest === contents.id && olds?.path === path && olds.digestKey === digestKey && olds.manifest;
    const image = known
        ? { path, sha256: sealDigest(there.sha256, digestKey), size: there.size, manifest: known, plain: there.sha256 }
        : await build(path, contents, plan, context);
    await setMode(path, contents.secret);
    await addSum(path, image.plain, contents.secret).catch(async (error: unknown) => {
        throw await writeError(error, path, 4096);
    });
    const { plain: _, ...rest } = image;
    return rest;
}

const isThere = (path: string): Promise<boolean> =>
    stat(path).then(
        () => true,
        () => false,
    );

async function build(
    path: string,
    contents: MediumContents,
    { spec, digestKey }: GuestPlan,
    { log }: Context,
): Promise<Image & { plain: string }> {
    await sweepTemporaries(dirname(path));
    const temporary = temporaryName(path);
    try {
        const say = everyFewSeconds((bytes: number, total: number) =>
            log(`building ${spec.output ?? path}: ${mebibytes(bytes)} of ${mebibytes(total)} MiB`),
        );
        const { sha256, size, manifest } = await bake(contents, temporary, { onProgress: say });
        await setMode(temporary, contents.secret);
        const { mtimeNs, ino } = await stat(temporary, { bigint: true });
        await recordBuilt({ path, digest: contents.id, sha256, size, mtimeNs: String(mtimeNs), ino: String(ino) });
        await publish(temporary, path);
        return { path, sha256: sealDigest(sha256, digestKey), size, manifest, plain: sha256 };
    } catch (error) {
        await rm(temporary, { force: true });
        throw await writeError(error, path, 0);
    }
}

/** The umask of whoever runs this decides nothing. */
async function setMode(path: string, secret: boolean): Promise<void> {
    await chmod(path, secret ? 0o600 : 0o644);
}

/** True while the file that state speaks of is there and nobody changed it, as far as a stat can tell. */
export async function isIntact(applied: Applied): Promise<boolean> {
    const path = outputPath(applied);
    const stats = await stat(path).catch(() => undefined);
    if (!stats?.isFile() || stats.size !== applied.size) return false;
    // Our record is of this machine: where it is missing, reading the file decides.
    return (await findBuilt(path)) !== undefined || (await hasDigest(path, applied));
}

export async function hasDigest(path: string, { sha256, digestKey }: Applied): Promise<boolean> {
    const found = await hashFile(path).catch(() => undefined);
    return found !== undefined && sealDigest(found, digestKey) === sha256;
}

/** Removes an image that is still as it was made; any other is left where it is, and said so. Gone already is success. */
export async function releaseImage(
    ref: Pick<GuestRef, "uuid">,
    applied: Applied,
    { log }: Pick<Context, "log">,
): Promise<void> {
    const path = applied.path ?? outputPath(applied);
    if ((await isThere(path)) && !(await isBuiltByUs(path)) && !(await hasDigest(path, applied))) {
        log(`${path} was changed after it was built: it is left where it is`);
        await removeUser(path, ref.uuid);
        await forgetBuilt(path);
        return;
    }
    if (await removeImage(path, ref.uuid)) await removeSum(path).catch(() => undefined);
}
