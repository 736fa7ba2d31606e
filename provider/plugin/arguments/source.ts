import type { Problem } from "../../../model";
import { refusalOfAsset } from "../../assets";
import { FileContent } from "../wire/codec";
import { textOf } from "../wire/wire";
import { isObject } from "./devices";

/**
 * Return a data image's `source` in the form that the handlers take: a path, or a map of path to text or `{ asset: path
 * }`.
 */
export function plainSource(source: unknown, failures: Problem[]): unknown {
    if (source instanceof FileContent) {
        const refusal = refusalOfAsset(source, "source");
        if (refusal !== undefined) return refuse("source", refusal, failures);
        return source.path ?? plainMap(source.assets ?? {}, failures);
    }
    return isObject(source) ? plainMap(source, failures) : source;
}

function plainMap(map: object, failures: Problem[]): object {
    return Object.fromEntries(
        Object.entries(map).map(([path, content]: [string, unknown]) => {
            if (!(content instanceof FileContent)) return [path, content];
            const refusal = refusalOfAsset(content, "content");
            if (refusal !== undefined) return [path, refuse(textOf(["source", path]), refusal, failures)];
            return [path, content.path === undefined ? content.text : { asset: content.path }];
        }),
    );
}

/** @returns a placeholder that causes no further problem */
function refuse(property: string, reason: string, failures: Problem[]): string {
    failures.push({ property, reason });
    return ".";
}
