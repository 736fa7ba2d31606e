import { chmod, mkdir, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Written } from "../localFiles";
import { noSpace, publish, recordBuilt, sweepTemporaries, temporaryName, writeError } from "../localFiles";
import { hasCode, type ImageIdentity, type Manifest } from "../model";
import { sourceChanged } from "./changes";
import { digestTree, type ImageOptions } from "./digest";
import type { ImageSource, Tree } from "./entry";
import { timeoutFor } from "./format";
import { formats } from "./formats";
import { loadManifest } from "./manifest";
import { readTree } from "./tree";

export interface BuiltImage {
    path: string;
    sha256: string;
    size: number;
}

/** @param bytes content bytes so far @param total all content bytes */
export type Progress = (bytes: number, total: number) => void;

/**
 * Build an image into the file `output`, whose folder must exist. The image is written under a temporary name, synced
 * and then renamed, so that the file is never half an image, and a failure leaves the old file.
 * @param identity the result of identify(); the image has exactly this content
 * @returns the absolute path, and sha256 (hex) and size (bytes) of the file
 * @throws UnikernelError `changed` (the source differs from the one that identify() read), `no-space`, `permission`,
 * `program-missing`, `program-failed`, `timeout`, `invalid` (the format cannot hold the source)
 */
export async function buildImage(
    source: ImageSource,
    options: ImageOptions,
    identity: Pick<ImageIdentity, "digest">,
    output: string,
    onProgress?: Progress,
): Promise<BuiltImage> {
    const path = resolve(output);
    const format = formats[options.format];
    const tree = await readTree(source, format.holds, options.ignore);
    const now = digestTree(tree, options, format.holds);
    if (now.digest !== identity.digest)
        throw sourceChanged(
            source,
            "since it was checked",
            mapOf(await loadManifest(identity.digest)),
            mapOf(now.manifest),
        );
    await sweepTemporaries(dirname(path));
    const temporary = temporaryName(path);
    const staging = temporaryName(`${path}.staging`);
    try {
        await mkdir(staging, { mode: 0o700 });
        const written = await format
            .build(tree, options, temporary, {
                digest: identity.digest,
                staging,
                timeout: timeoutFor(tree.bytes),
                onProgress: (bytes) => onProgress?.(bytes, tree.bytes),
            })
            .catch(async (error: unknown) => {
                // A source that changes during the build makes the programs fail in ways that hide the cause.
                await unchanged(tree, source, options, identity.digest);
                throw error;
            });
        await unchanged(tree, source, options, identity.digest);
        await rm(staging, { recursive: true });
        await finish(temporary, path, options, identity.digest, written);
        return { path, ...written };
    } catch (error) {
        await Promise.all([temporary, staging].map((left) => rm(left, { recursive: true, force: true })));
        throw await translate(error, path, tree.bytes);
    }
}

function mapOf(manifest: Manifest | undefined): Map<string, string> | undefined {
    return manifest && new Map(Object.entries(manifest));
}

async function finish(
    temporary: string,
    path: string,
    options: ImageOptions,
    digest: string,
    written: Written,
): Promise<void> {
    await chmod(temporary, options.key === undefined ? 0o644 : 0o600);
    const { mtimeNs, ino } = await stat(temporary, { bigint: true });
    await recordBuilt({ path, digest, ...written, mtimeNs: String(mtimeNs), ino: String(ino) });
    await publish(temporary, path);
}

/**
 * Throw if the source has changed: every file must have kept its signature, and the digest must be the same. Then the
 * image holds what was hashed.
 */
async function unchanged(before: Tree, source: ImageSource, options: ImageOptions, digest: string): Promise<void> {
    const when = "while its image was built";
    const after = await readTree(source, undefined, options.ignore).catch((error: unknown) => {
        throw hasCode(error, "not-found") ? sourceChanged(source, when) : error;
    });
    const [was, is] = [signaturesOf(before), signaturesOf(after)];
    if (was.size !== is.size || [...was].some(([path, signature]) => is.get(path) !== signature))
        throw sourceChanged(source, when, was, is);
    if (digestTree(after, options, formats[options.format].holds).digest !== digest) throw sourceChanged(source, when);
}

function signaturesOf({ entries }: Tree): Map<string, string> {
    return new Map(
        entries.map((entry) => [
            entry.path,
            entry.type === "file" && "file" in entry.content ? entry.content.signature : entry.type,
        ]),
    );
}

async function translate(error: unknown, path: string, needed: number): Promise<unknown> {
    const full =
        hasCode(error, "program-failed") &&
        /no space left|disk quota exceeded|exceeds free space/i.test(error.hint ?? "");
    return full ? noSpace(path, needed, error) : writeError(error, path, needed);
}
