import type { BlockSpec } from "../../spec";

/** A block and what can give it its name. */
export interface Nameable {
    block: BlockSpec;
    /** The image's logical name or the file's base name; undefined while it is unknown. */
    base?: string;
    /** As the program gives it. */
    given?: string;
    /** Logical names that the image had before, by aliases. */
    formerly?: string[];
}
