import type { Problem } from "../../../model";
import { FileContent } from "../wire/codec";
import { textOf } from "../wire/wire";
import { isObject } from "./devices";

/**
 * Return a data image's `source` in the form that the handlers take: a path, or a map of path to text or `{ asset: path
 * }`.
 */
export function plainSource(source: unknown, failures: Problem[]): unknown {
    if (source instanceof FileContent) {
        if (source.path !== undefined) return source.path;
        if (source.assets) return plainMap(source.assets, failures);
        return refuse("source", source, failures);
    }
    return isObject(source) ? plainMap(source, failures) : source;
}

function plainMap(map: object, failures: Problem[]): object {
    return Object.fromEntries(
        Object.entries(map).map(([path, content]: [string, unknown]) => {
            if (!(content instanceof FileContent)) return [path, content];
            if (content.kind === "asset" && content.path !== undefined) return [path, { asset: content.path }];
            return [
                path,
                content.kind === "asset" && content.text !== undefined
                    ? content.text
                    : refuse(textOf(["source", path]), content, failures),
            ];
        }),
    );
}

/** @returns a placeholder that causes no further problem */
function refuse(property: string, { kind, uri, text }: FileContent, failures: Problem[]): string {
    const found =
        uri !== undefined
            ? `a remote ${kind}, which is not fetched`
            : text !== undefined
              ? "a text asset without a path inside the image"
              : "an archive inside of an image";
    failures.push({
        property,
        reason: `found ${found}; expected a path, a file asset or archive, or a map of path to text or file asset`,
    });
    return ".";
}
