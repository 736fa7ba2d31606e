import type { ImageOptions, ImageSource } from "../../images";
import { derivedOutputs, type ImageFormat, type Manifest } from "../../model";
import { blockImageRows, shapesOf } from "../../model/arguments";
import { secretPlaces } from "../arguments";

export const MIB = 1024 * 1024;

/** The arguments of a BlockImage. */
export const blockImageShape = { ...shapesOf(blockImageRows), ...secretPlaces(derivedOutputs.blockImage) };

/** The inputs that check returns and state stores. */
export interface BlockImageInputs {
    schemaVersion: number;
    urn?: string;
    /** Former logical names, where aliases led to the present one. */
    formerly?: string[];
    source: ImageSource;
    /** Patterns of entries of the folder that are left out; never empty. */
    ignore?: string[];
    format: ImageFormat;
    /** MiB. */
    size?: number;
    label?: string;
    /** As written, relative to the program's folder. */
    output?: string;
    secrets?: string[];
    /** Paths of all other secret values. */
    hidden?: string[];
    /** Hex key of the digests, where the source holds secrets. */
    digestKey?: string;
    digest: string;
    manifest: Manifest;
}

/** The inputs without `manifest`, which only people read, and the facts of the built file. */
export interface BlockImageOutputs extends Omit<BlockImageInputs, "manifest" | "size"> {
    /** Absolute. */
    path: string;
    /** Of the file, 64 hex digits; with a digestKey the HMAC of it. */
    sha256: string;
    /** Of the file, in bytes; the input of this name is in MiB. */
    size: number;
}

/** Options as images/ takes them. */
export function optionsOf({
    format,
    size,
    label,
    ignore,
    digestKey,
}: Pick<BlockImageInputs, "format" | "size" | "label" | "ignore" | "digestKey">): ImageOptions {
    return { format, size: size === undefined ? undefined : size * MIB, label, ignore, key: digestKey };
}
