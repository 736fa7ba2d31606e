import { type ImageIdentity, type Problem, UnikernelError } from "../model";
import { digestTree, type ImageOptions } from "./digest";
import type { ImageSource } from "./entry";
import { formats } from "./formats";
import { saveManifest, summarise } from "./manifest";
import { readTree } from "./tree";

/**
 * Return the identity of an image of this source and these options: its digest, and the manifest in the form that state
 * holds. Builds nothing, and reads only what changed since the last time. The whole manifest is saved in the cache for
 * loadManifest. `files` and `bytes` are the number of files and their content bytes, `paths` those of all entries.
 * @throws UnikernelError as readTree does, and `invalid` for a source that the format cannot hold
 */
export async function identify(
    source: ImageSource,
    options: ImageOptions,
): Promise<ImageIdentity & { files: number; bytes: number; paths: string[] }> {
    const format = formats[options.format];
    const tree = await readTree(source, format.holds, options.ignore);
    const [problem] = await format.checkTree(tree, options);
    if (problem) throw new UnikernelError("invalid", problem, { property: "source" });
    const { digest, manifest } = digestTree(tree, options, format.holds);
    await saveManifest(digest, manifest);
    return {
        digest,
        manifest: summarise(manifest),
        files: tree.files,
        bytes: tree.bytes,
        paths: tree.entries.map(({ path }) => path),
    };
}

/** Return the problems of the options for their format, by property. Reads nothing. */
export function optionProblems(options: ImageOptions): Problem[] {
    return formats[options.format].check(options);
}
