import type { ImageIdentity } from "../spec";
import { digestTree, type ImageOptions } from "./digest";
import { loadManifest, saveManifest, summarise } from "./manifest";
import type { ImageSource } from "./entry";
import { readTree } from "./tree";

/**
 * What an image of this source and these options is: its digest, and a manifest as state keeps it. Builds
 * nothing. The whole manifest is kept in the cache, for loadManifest. Reads only what changed since last time.
 * `files` and `bytes` are the number of files and their content bytes.
 * @throws UnikernelError as readTree does
 */
export async function identify(source: ImageSource, options: ImageOptions): Promise<ImageIdentity & { files: number; bytes: number }> {
    const tree = await readTree(source);
    const { digest, manifest } = digestTree(tree, options);
    if (!(await loadManifest(digest))) await saveManifest(digest, manifest);
    return { digest, manifest: summarise(manifest), files: tree.files, bytes: tree.bytes };
}
