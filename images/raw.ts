import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { changed, ImageWriter } from "../localFiles";
import type { Problem } from "../model";
import type { ImageOptions } from "./digest";
import type { Tree } from "./entry";
import type { Format } from "./format";
import { imageKind } from "./magic";

export const SECTOR = 512;

/** The file unchanged, padded with zeros to whole sectors or to `size`. */
export const raw: Format = {
    holds: "file",
    check: checkDiskOptions,
    async checkTree(tree, options) {
        if (!tree.single) return ["must be one file for format raw, or a map that has one"];
        const kind = await imageKind(tree.single);
        return [
            ...(kind === "qcow2" ? ['is a qcow2 image, which a guest would read as noise; use format "qcow2"'] : []),
            ...tooSmall(tree.single.size, options),
        ];
    },
    async build(tree, { size }, path, { onProgress }) {
        const { content, sha256 } = onlyFile(tree);
        const writer = await ImageWriter.open(path);
        try {
            const hash = createHash("sha256");
            const chunks =
                "file" in content
                    ? createReadStream(content.file, { highWaterMark: 1024 * 1024 })
                    : [Buffer.from(content.text)];
            for await (const chunk of chunks) {
                hash.update(chunk as Buffer);
                await writer.write(chunk as Buffer);
                onProgress(writer.size);
            }
            if (hash.digest("hex") !== sha256) throw changed("file" in content ? content.file : "the text");
            await writer.padTo(size ?? sectors(writer.size));
            return await writer.end();
        } catch (error) {
            await writer.abandon();
            throw error;
        }
    },
};

/** Check the options of formats that are a single disk without a file system. */
export function checkDiskOptions({ format, size, label }: ImageOptions): Problem[] {
    return [
        ...(label === undefined ? [] : [{ property: "label", reason: `format ${format} has no label` }]),
        ...(size === undefined || (size > 0 && size % SECTOR === 0)
            ? []
            : [{ property: "size", reason: `must be a multiple of ${SECTOR} bytes` }]),
    ];
}

/** Return the tree's only file; checkTree has refused every other tree. */
export function onlyFile(tree: Tree): NonNullable<Tree["single"]> {
    if (!tree.single) throw new TypeError("not a single file");
    return tree.single;
}

export function tooSmall(content: number, { size }: ImageOptions): string[] {
    return size === undefined || size >= content ? [] : [`has ${content} bytes, more than \`size\` (${size})`];
}

function sectors(size: number): number {
    return Math.ceil(size / SECTOR) * SECTOR;
}
