import type { ValuesOf } from "./arguments";
import type { mediumRows } from "./arguments/medium";
import type { Manifest } from "./image";
import type { Burned } from "./values";

/** The arguments that only a medium (platform `iso`) has, after check. */
export type MediumSpec = ValuesOf<typeof mediumRows>;
/** The stick or disk that a medium is written to. */
export type BurnSpec = NonNullable<MediumSpec["burn"]>;

/** The outputs of a medium. */
export interface MediumOutputs {
    /** Absolute path of the image. */
    path: string;
    /** Of the image's bytes, 64 hex digits; keyed where it holds a secret. */
    sha256: string;
    /** Bytes. */
    size: number;
    /** Path on the medium → 16 hex digits of its content's sha256; keyed where it holds a secret. */
    manifest: Manifest;
    /** Undefined: not burned, or the last burn did not come to its end. */
    burned?: Burned;
}
