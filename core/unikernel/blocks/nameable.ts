import type { BlockSpec } from "../../../model";

/** A block with the possible sources of its name. */
export interface Nameable {
    block: BlockSpec;
    /** The image's logical name or the file's base name; undefined while it is unknown. */
    base?: string;
    /** The program's own name for it. */
    given?: string;
    /** Former logical names of the image, by aliases. */
    formerly?: string[];
}
