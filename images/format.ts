import type { Written } from "../localFiles";
import type { Problem } from "../model";
import type { ImageOptions } from "./digest";
import type { Tree } from "./entry";

/** The time in every image, in seconds since 1970: 1980-01-01, the first that every format can express. */
export const EPOCH = 315_532_800;

/**
 * Environment that fixes the clock of the programs that build images (reproducible-builds.org; e2fsprogs before 1.47.1
 * has its own variable).
 */
export const fixedClock = { SOURCE_DATE_EPOCH: String(EPOCH), E2FSPROGS_FAKE_TIME: String(EPOCH) };

export interface BuildContext {
    /** The digest of tree and options, for identifiers inside the image. */
    digest: string;
    /** A private folder for lists and texts, on the same disk as the image; the caller removes it. */
    staging: string;
    /** Called with the bytes of content that are in the image so far. */
    onProgress(bytes: number): void;
    /** Milliseconds for each program. */
    timeout: number;
}

/** One data-image format. */
export interface Format {
    /** The image holds a tree of files, or is the content of one file. */
    holds: "tree" | "file";
    /** Return the problems of the options for this format, by property. */
    check(options: ImageOptions): Problem[];
    /** Return the problems of the tree for this format; all are about the property `source`. */
    checkTree(tree: Tree, options: ImageOptions): Promise<string[]>;
    /** Write the image to the new file `path` and sync it. */
    build(tree: Tree, options: ImageOptions, path: string, context: BuildContext): Promise<Written>;
}

/** Return the milliseconds that a program may take for this much content. */
export function timeoutFor(bytes: number): number {
    return 600_000 + Math.ceil(bytes / 4096);
}
