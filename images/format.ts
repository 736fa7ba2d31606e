import type { Problem } from "../spec";
import type { ImageOptions } from "./digest";
import type { Tree } from "./entry";
import type { Written } from "./writer";

/** Seconds since 1970 that stand in every image instead of real times: 1980-01-01, the first that every format can write. */
export const EPOCH = 315_532_800;

/** Fixes the clock of the programs that make images (reproducible-builds.org; e2fsprogs before 1.47.1 has its own name for it). */
export const fixedClock = { SOURCE_DATE_EPOCH: String(EPOCH), E2FSPROGS_FAKE_TIME: String(EPOCH) };

export interface BuildContext {
    /** The digest of tree and options, for identifiers inside the image. */
    digest: string;
    /** A folder of our own for lists and texts, on the disk of the image; removed by the caller. */
    staging: string;
    /** Bytes of content that are in the image so far. */
    onProgress(bytes: number): void;
    /** Milliseconds for one program. */
    timeout: number;
}

/** One data-image format. */
export interface Format {
    /** A tree of files, or the content of one file. */
    holds: "tree" | "file";
    /** What of the options this format cannot do, by property. */
    check(options: ImageOptions): Problem[];
    /** What of the tree this format cannot hold; about the property `source`. */
    checkTree(tree: Tree, options: ImageOptions): Promise<string[]>;
    /** Makes the image in the new file `path`, synced. */
    build(tree: Tree, options: ImageOptions, path: string, context: BuildContext): Promise<Written>;
}

/** Milliseconds that a program may take for so much content. */
export function timeoutFor(bytes: number): number {
    return 600_000 + Math.ceil(bytes / 4096);
}
