import { z } from "zod";
import type { ImageOptions, ImageSource } from "../../images";
import { derivedOutputs, type ImageFormat, type Manifest } from "../../spec";
import { secretPlaces } from "../arguments";

export const MIB = 1024 * 1024;

const content = z.union([z.string(), z.strictObject({ asset: z.string().min(1, "expected the path of a file") })], {
    error: "expected text, or { asset: path of a file }",
});
const path = z.string().min(1, "expected a path");

/** The arguments of a BlockImage. */
export const blockImageShape = {
    source: z.union([path, z.record(z.string(), content)], {
        error: "expected the path of a folder or file, or a map of path to content",
    }),
    format: z
        .enum(["iso9660", "ext2", "ext4", "raw", "qcow2"], { error: "expected iso9660, ext2, ext4, raw or qcow2" })
        .default("iso9660"),
    size: z
        .int({ error: "expected a whole number of MiB" })
        .min(1, "expected at least 1 MiB")
        .max(64 * MIB, "expected at most 64 TiB")
        .optional(),
    label: z.string({ error: "expected text" }).optional(),
    output: path.optional(),
    resourceUrn: z.string().optional(),
    secrets: z.array(z.string()).default([]),
    digestKey: z.string().optional(),
    hidden: z.array(z.string()).optional(),
    ...secretPlaces(derivedOutputs.blockImage),
};

/** What check returns and state stores as inputs. */
export interface BlockImageInputs {
    schemaVersion: number;
    urn?: string;
    /** The logical names that it had before, where an alias led from one to the next. */
    formerly?: string[];
    source: ImageSource;
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

/** The inputs without `manifest`, which only people read, and what was built. */
export interface BlockImageOutputs extends Omit<BlockImageInputs, "manifest"> {
    /** Absolute. */
    path: string;
    /** Of the file, 64 hex digits; with a digestKey the HMAC of it. */
    sha256: string;
    /** Of the file. */
    bytes: number;
}

/** Options as images/ takes them. */
export function optionsOf({
    format,
    size,
    label,
    digestKey,
}: Pick<BlockImageInputs, "format" | "size" | "label" | "digestKey">): ImageOptions {
    return { format, size: size === undefined ? undefined : size * MIB, label, key: digestKey };
}
