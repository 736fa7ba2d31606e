import * as pulumi from "@pulumi/pulumi";
import { type AssetFields, assetsWithin, refusalOfAsset, TEXT_EXPECTED } from "./assets";

type AnyAsset = pulumi.asset.Asset | pulumi.asset.Archive;

/** The fields of the SDK's assets and archives: FileAsset has a path, StringAsset a text, and so on. */
interface Fields {
    path?: Promise<string>;
    text?: Promise<string>;
    uri?: Promise<string>;
    assets?: Promise<object>;
}

/**
 * Return the form of a data image's source for the wire: a path, or a map from path to text or `{ asset: path }`. Assets
 * would lose their path on the wire.
 */
export function plainSource(source: unknown): unknown {
    if (isLater(source)) return known(source, plainSource);
    if (isAsset(source)) return plainAsset(source);
    return source !== null && typeof source === "object" ? plainMap(source) : source;
}

function plainMap(map: object): pulumi.Inputs {
    return Object.fromEntries(
        Object.entries(map).map(([path, content]) => [path, plainContent(content, `source[${JSON.stringify(path)}]`)]),
    );
}

function plainContent(content: unknown, at: string): unknown {
    if (isLater(content)) return known(content, (value) => plainContent(value, at));
    if (!isAsset(content)) return content;
    const { path, text } = content as Fields;
    requireTaken(at, fieldsOf(content), "content");
    return path === undefined ? text : { asset: path };
}

function plainAsset(asset: AnyAsset): unknown {
    const { path, assets } = asset as Fields;
    requireTaken("source", fieldsOf(asset), "source");
    if (path === undefined) return assets?.then(plainMap);
    return path.then((file) => {
        requireTaken("source", { ...fieldsOf(asset), path: file }, "source");
        return file;
    });
}

/** Return which fields an asset has; their values are promises. */
function fieldsOf(asset: AnyAsset): AssetFields {
    const { text, uri } = asset as Fields;
    return {
        kind: pulumi.asset.Archive.isInstance(asset) ? "archive" : "asset",
        ...(text === undefined ? {} : { text: "" }),
        ...(uri === undefined ? {} : { uri: "" }),
    };
}

function requireTaken(at: string, fields: AssetFields, place: "source" | "content"): void {
    const refusal = refusalOfAsset(fields, place);
    if (refusal !== undefined) throw new pulumi.RunError(`${at}: ${refusal}.`);
}

/** Refuse assets in the arguments of a guest, which takes paths. */
export function refuseAssets(args: object): void {
    const [first] = assetsWithin({ ...args }, isAsset, "");
    if (first !== undefined) throw new pulumi.RunError(`${first}: ${TEXT_EXPECTED}.`);
}

/** By the SDK's marks, which every copy of it writes. */
function isAsset(value: unknown): value is AnyAsset {
    return pulumi.asset.Asset.isInstance(value) || pulumi.asset.Archive.isInstance(value);
}

function known(value: unknown, form: (known: unknown) => unknown): pulumi.Output<unknown> {
    const output: pulumi.Output<unknown> = pulumi.output(value);
    return output.apply(form);
}

function isLater(value: unknown): boolean {
    return pulumi.Output.isInstance(value) || typeof Object(value).then === "function";
}
