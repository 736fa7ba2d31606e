import { z } from "zod";
import { privateRows } from "./private";
import type { Rows } from "./row";

const content = z.union([z.string(), z.strictObject({ asset: z.string().min(1, "expected the path of a file") })], {
    error: "expected text, or { asset: path of a file }",
});
const path = z.string().min(1, "expected a path");

/** The arguments of a data image. `boots`: part of the image's digest, so the guests that use it restart. */
export const blockImageRows = {
    source: {
        shape: z.union([path, z.record(z.string(), content)], {
            error: "expected the path of a folder or file, or a map of path to content",
        }),
        description:
            "What is in the image: the path of a directory or file, relative to the program's folder; or a map from\npath inside the image to its text, or to a `FileAsset`.\nChanged content: the image is built anew, and the unikernels that use it restart.",
        docs: {
            unit: "path of a folder or of a file, relative to the program's folder; or a map of path inside the image to text or to a `FileAsset`",
            default: "required",
            about: "changed content: the image is rebuilt, and the unikernels that use it restart. Another path to the same content: nothing",
        },
        compared: "never",
    },
    ignore: {
        shape: z
            .array(z.string({ error: "expected a pattern" }), { error: "expected a list of patterns" })
            .transform((patterns) => (patterns.length > 0 ? patterns : undefined))
            .optional(),
        description:
            "Patterns of entries of a `source` folder that are left out, in the form of a .gitignore file:\n`.git` and `*.swp` match at any depth, `/build` only directly below `source`, `cache/` only folders.\nChanged: what the image no longer holds, or holds again, is changed content.",
        default: "nothing is left out",
        docs: {
            unit: "patterns as in a `.gitignore` file, for a `source` that is a folder (below)",
            default: "nothing is left out",
            about: "as changed content. Patterns that leave out the same: nothing",
        },
        // The digest covers what remains.
        compared: "never",
    },
    format: {
        shape: z
            .enum(["iso9660", "ext2", "ext4", "raw", "qcow2"], { error: "expected iso9660, ext2, ext4, raw or qcow2" })
            .default("iso9660"),
        description: "Changed: built anew, and the unikernels that use it restart.",
        docs: { about: "rebuilt, restart" },
    },
    size: {
        shape: z
            .int({ error: "expected a whole number of MiB" })
            .min(1, "expected at least 1 MiB")
            .max(64 * 1024 * 1024, "expected at most 64 TiB")
            .optional(),
        description: "Size of the file system in MiB; for `ext2`, `ext4`, `raw` and `qcow2`.",
        default: "as small as the content allows",
        docs: {
            unit: "MiB, a whole number; not for `iso9660`",
            default: "as the content needs (below)",
            about: "rebuilt, restart",
        },
        // The digest covers it, and an output has its name.
        compared: "never",
    },
    label: {
        shape: z.string({ error: "expected text" }).optional(),
        description: "Volume label.",
        default: "none",
        docs: {
            unit: "`iso9660`: 1–32 characters, `ext2` and `ext4`: 1–16, of `A-Z a-z 0-9 _ . -`; none for `raw` and `qcow2`",
            default: "`UNIKERNEL` for iso9660, else none",
            about: "rebuilt, restart",
        },
    },
    output: {
        shape: path.optional(),
        description: "Path of the file that is built.",
        default: "in `$XDG_CACHE_HOME/pulumi-unikernel/images`, named by its digest",
        docs: {
            unit: "path of the image file, relative to the program's folder; its folder must exist",
            default: "a file of the cache, by digest",
            about: "the file moves; no guest changes",
        },
    },
    ...privateRows,
    resourceUrn: { ...privateRows.resourceUrn, shape: privateRows.resourceUrn.shape.optional() },
    // The digest changes when they matter.
    secrets: { ...privateRows.secrets, compared: "never" },
} satisfies Rows;
