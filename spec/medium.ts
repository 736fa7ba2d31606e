import type { ValuesOf } from "./arguments";
import type { mediumRows } from "./arguments/medium";
import type { Manifest } from "./image";

/** Where a machine shows what it does: its first serial port (115200 baud, 8N1), or its screen. */
export type ConsoleKind = "serial" | "vga";

/** What only a medium (platform `iso`) has. */
export type MediumSpec = ValuesOf<typeof mediumRows>;
/** The stick or disk that a medium is written to. */
export type BurnSpec = NonNullable<MediumSpec["burn"]>;

/** What a burn left on a device. */
export interface Burned {
    /** As in `burn.device`. */
    device: string;
    /** The device's serial number, where it has one. */
    serial?: string;
    /** Of the image that was written; keyed where the image holds a secret. */
    sha256: string;
    /** Bytes. */
    size: number;
}

/** What became of a medium. */
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
