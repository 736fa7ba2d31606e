import { statSync } from "node:fs";

/** An asset or archive of any SDK and any copy of one, as far as its fields are known. */
export interface AssetFields {
    kind: "asset" | "archive";
    path?: string;
    text?: string;
    uri?: string;
    /** Of an archive: path → asset, archive or text. */
    assets?: object;
}

const EXPECTED = "a path, a file asset, the archive of a folder, or a map of path to text or file asset";

/** Return the sentence that refuses an asset as a data image's source, or in one; undefined where it can be taken. */
export function refusalOfAsset(asset: AssetFields, place: "source" | "content"): string | undefined {
    const reason = reasonAgainst(asset, place);
    return reason && `found ${reason.found}; expected ${EXPECTED}; ${reason.todo}`;
}

function reasonAgainst(
    { kind, path, text, uri }: AssetFields,
    place: "source" | "content",
): { found: string; todo: string } | undefined {
    if (uri !== undefined) return { found: `a remote ${kind}, which is not fetched`, todo: "download it first" };
    if (kind === "archive" && place === "content")
        return { found: "an archive inside of an image", todo: "name its files one by one" };
    if (text !== undefined && place === "source")
        return {
            found: "a text asset without a path inside the image",
            todo: 'write { "path/inside": it }',
        };
    if (kind === "archive" && path !== undefined && PACKED.test(path) && isFile(path))
        return {
            found: `the packed archive ${path}, which is not unpacked`,
            todo: "unpack it and give the folder, or give it as a file asset to have it as one file",
        };
    return undefined;
}

/** The packed archives that Pulumi knows. */
const PACKED = /\.(zip|jar|tar|tgz|tar\.gz)$/i;

function isFile(path: string): boolean {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** The reason against an asset where a text belongs, such as at `kernel`. */
export const TEXT_EXPECTED = 'found an asset; expected a text: write the path itself, such as "./bin/nginx"';

/** Return the paths of the assets in arguments that take none, as a disk's `path` does. */
export function assetsWithin(value: unknown, isAsset: (value: unknown) => boolean, at: string): string[] {
    if (isAsset(value)) return [at];
    if (Array.isArray(value)) return value.flatMap((inner, index) => assetsWithin(inner, isAsset, `${at}[${index}]`));
    // An instance of another class is a resource or an output, and a part of it is no argument.
    if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return [];
    return Object.entries(value).flatMap(([key, inner]) => assetsWithin(inner, isAsset, at ? `${at}.${key}` : key));
}
