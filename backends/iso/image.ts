import { chmod, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { sealDigest } from "../../images";
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
    sweepTemporaries,
    temporaryName,
    writeError,
} from "../../localFiles";
import type { GuestPlan, MediumOutputs, UnikernelSpec } from "../../model";
import type { Applied, Context, GuestRef } from "../backend";
import { bake, type MediumContents, mediumOf } from "./medium";
import { outputPath } from "./output";
import { addSum, removeSum } from "./sums";

export type Image = Omit<MediumOutputs, "burned">;

/**
 * Refuse an existing file at `output` that does not belong to this medium. State decides: an edited image of this
 * resource is replaced; an image of another resource is not, although this package built it.
 * @param begun an interrupted create or move, or a replacement, may have made the file
 */
export async function refuseForeign(spec: UnikernelSpec, interrupted: boolean, olds?: Applied): Promise<void> {
    const path = outputPath(spec);
    const error = await outputProblem(path, spec.uuid, {
        inState: async () => olds?.path === path,
        interrupted: async () => interrupted,
        hint: "if it belongs to a stack or resource that was renamed, choose another output here. If this stack's state was lost, adopt: true overwrites the file",
    });
    if (error) throw error;
}

/**
 * Build the image, unless it exists already, and write its checksum beside it. The old image stays until the new one
 * is complete and synced.
 * @param olds the state of an earlier image
 */
export async function ensureImage(plan: GuestPlan, context: Context, olds?: Applied): Promise<Image> {
    const { spec, digestKey } = plan;
    const path = outputPath(spec);
    const contents = mediumOf(plan);
    // Before the file exists: a process that removes an image first looks for its users.
    await addUser(path, { id: spec.uuid, urn: spec.urn });
    const there = await findBuilt(path);
    // Digests made with another key, or without a key, must not stay in state.
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

/** Set the mode explicitly, independent of the umask. */
async function setMode(path: string, secret: boolean): Promise<void> {
    await chmod(path, secret ? 0o600 : 0o644);
}

/** Return whether the file in state exists and is unchanged, as far as a stat can show. */
export async function isIntact(applied: Applied): Promise<boolean> {
    const path = outputPath(applied);
    const stats = await stat(path).catch(() => undefined);
    if (!stats?.isFile() || stats.size !== applied.size) return false;
    // The record of builds is local to this machine. Without one, hash the file.
    return (await findBuilt(path)) !== undefined || (await hasDigest(path, applied));
}

export async function hasDigest(path: string, { sha256, digestKey }: Applied): Promise<boolean> {
    const found = await hashFile(path).catch(() => undefined);
    return found !== undefined && sealDigest(found, digestKey) === sha256;
}

/**
 * Remove an image that is unchanged since its build. Keep any other, and log that. Succeeds when it is gone already.
 */
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
