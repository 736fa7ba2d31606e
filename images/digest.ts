import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import type { ImageFormat, ImageIdentity } from "../model";
import { keyBytes } from "../model";
import type { Tree } from "./entry";

/** Raised when the same tree and options give a different image, so that images are rebuilt. */
const LAYOUT = 1;

export interface ImageOptions {
    format: ImageFormat;
    /** Bytes. */
    size?: number;
    label?: string;
    /** Patterns of a folder's entries that are left out. No part of the digest, which covers the entries that remain. */
    ignore?: string[];
    /** Hex digits. With a key every digest is an HMAC: plain hashes of trees with secrets could be guessed. */
    key?: string;
}

/**
 * Return the digest of a normalised tree and its options, and the manifest of the tree. They cover types, paths,
 * contents, link targets, and whether the owner may execute a file. They do not cover times, owners, other permissions,
 * hard links, holes, extended attributes, and the order of files in a folder.
 */
export function digestTree(tree: Tree, options: ImageOptions, holds: "tree" | "file"): ImageIdentity {
    const lines = [JSON.stringify(["image", LAYOUT, options.format, options.size ?? null, options.label ?? null])];
    const manifest: [string, string][] = [];
    for (const [index, entry] of tree.entries.entries()) {
        if (entry.type === "file") {
            // An image that is the file itself does not depend on the file's name.
            lines.push(
                JSON.stringify(
                    holds === "file" ? ["file", entry.sha256] : ["file", entry.path, entry.executable, entry.sha256],
                ),
            );
            manifest.push([
                entry.path,
                short(entry.executable ? digestText(`executable ${entry.sha256}`) : entry.sha256, options.key),
            ]);
        } else if (entry.type === "symlink") {
            lines.push(JSON.stringify(["symlink", entry.path, entry.target]));
            manifest.push([entry.path, short(digestText(`-> ${entry.target}`), options.key)]);
        } else {
            lines.push(JSON.stringify(["directory", entry.path]));
            const empty = !tree.entries[index + 1]?.path.startsWith(`${entry.path}/`);
            if (empty) manifest.push([`${entry.path}/`, short(digestText(""), options.key)]);
        }
    }
    return {
        digest: hasher(options.key).update(lines.join("\n")).digest("hex"),
        manifest: Object.fromEntries(manifest),
    };
}

/** Return the HMAC of a digest, or the digest itself when there is no key. */
export function sealDigest(sha256: string, key: string | undefined): string {
    return key === undefined ? sha256 : hasher(key).update(sha256).digest("hex");
}

function short(sha256: string, key: string | undefined): string {
    return sealDigest(sha256, key).slice(0, 16);
}

function digestText(text: string): string {
    return hasher(undefined).update(text).digest("hex");
}

function hasher(key: string | undefined): Hash | Hmac {
    return key === undefined ? createHash("sha256") : createHmac("sha256", keyBytes(key));
}
