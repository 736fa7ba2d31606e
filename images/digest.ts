import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import type { ImageFormat, ImageIdentity } from "../spec";
import { keyBytes } from "../spec";
import type { Tree } from "./entry";

/** Raised when the same tree and options begin to give another image, so that images are built anew. */
const LAYOUT = 1;

export interface ImageOptions {
    format: ImageFormat;
    /** Bytes. */
    size?: number;
    label?: string;
    /** Hex digits. With it every digest is an HMAC: for trees that hold secrets, whose plain hashes could be guessed. */
    key?: string;
}

/**
 * The digest of a normalised tree and of the options, and the manifest of the tree. What counts: types,
 * paths, contents, link targets, whether the owner may execute a file. What does not: times, owners,
 * other permissions, hard links, holes, extended attributes, the order in which a folder lists its files.
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

/** HMAC of a digest, or the digest itself when there is no key. */
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
