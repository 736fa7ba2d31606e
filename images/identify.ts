import { type ImageIdentity, type Problem, UnikernelError } from "../spec";
import { digestTree, type ImageOptions } from "./digest";
import type { ImageSource } from "./entry";
import { formats } from "./formats";
import { saveManifest, summarise } from "./manifest";
import { readTree } from "./tree";

/**
 * What an image of this source and these options is: its digest, and a manifest as state keeps it. Builds
 * nothing. The whole manifest is kept in the cache, for loadManifest. Reads only what changed since last time.
 * `files` and `bytes` are the number of files and their content bytes.
 * @throws UnikernelError as readTree does, and `invalid` for a source that the format cannot hold
 */
export async function identify(
    source: ImageSource,
    options: ImageOptions,
): Promise<ImageIdentity & { files: number; bytes: number }> {
    const format = formats[options.format];
    const tree = await readTree(source, format.holds);
    const [problem] = await format.checkTree(tree, options);
    if (problem) throw new UnikernelError("invalid", problem, { property: "source" });
    const { digest, manifest } = digestTree(tree, options, format.holds);
    await saveManifest(digest, manifest);
    return { digest, manifest: summarise(manifest), files: tree.files, bytes: tree.bytes };
}

/** What a format cannot do of the options, by property. Reads nothing. */
export function optionProblems(options: ImageOptions): Problem[] {
    return formats[options.format].check(options);
}
