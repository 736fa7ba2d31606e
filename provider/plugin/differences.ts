import { isDeepStrictEqual } from "node:util";
import type { PropertyChange } from "../../core";
import { containsUnknown } from "../../core";
import type { ResourceKind } from "../trampoline";
import type { Properties } from "./codec";
import { configurationShape } from "./configuration";
import { isObject } from "./devices";
import type { Path } from "./wire";
import { stepsOf, textOf } from "./wire";

/** One entry of a detailed diff. */
export interface Detail {
    path: Path;
    kind: "add" | "delete" | "update";
    replaces: boolean;
}

/** Inputs that are compared as they are; the rest of a data image follows from its digest, which covers it. */
const COMPARED: Record<Exclude<ResourceKind, "unikernel">, string[]> = {
    blockImage: ["digest", "format", "size", "label", "output", "manifest", "urn"],
    networkInterface: ["mac", "attach", "driver", "ipv4", "ipv6", "urn"],
};

/** What differs between inputs of a declaration, down to the single file of a manifest. */
export function detailsOfInputs(
    kind: Exclude<ResourceKind, "unikernel">,
    olds: Properties,
    news: Properties,
): Detail[] {
    return COMPARED[kind].flatMap((name) => leaves([name], olds[name], news[name]));
}

/** A provider's configuration, flat. */
export function detailsOfConfiguration(olds: Properties, news: Properties): Detail[] {
    return Object.keys(configurationShape).flatMap((name) => leaves([name], olds[name], news[name]));
}

/** What the handlers say of a unikernel, in the paths of a program's arguments. */
export function detailsOfUnikernel(changes: PropertyChange[], olds: Properties, news: Properties): Detail[] {
    const details = changes.flatMap((change) => {
        const replaces = change.consequence === "replace";
        return pathsOf(change, olds, news).map((detail) => ({ ...detail, replaces }));
    });
    const byPath = new Map(details.map((detail) => [textOf(detail.path), detail]));
    return [...byPath.values()];
}

function pathsOf({ property, from, to }: PropertyChange, olds: Properties, news: Properties): Detail[] {
    if (isEdited(property, olds)) return [leaf(["drift"], "delete")];
    const block = /^blocks\[(\d+)\]$/.exec(property);
    if (block) return blockPaths(Number(block[1]), listOf(olds.blocks), listOf(news.blocks));
    // The path may be what it was, and the file another.
    if (property === "kernel" || property === "initrd")
        return [...leaves([property], from, to), ...leaves(["digests", property], from, to)];
    return leaves(property.startsWith("env.") ? ["env", property.slice(4)] : stepsOf(property), from, to);
}

function blockPaths(index: number, olds: unknown[], news: unknown[]): Detail[] {
    const [before, after] = [olds[index], news[index]];
    const at: Path = ["blocks", index];
    if (!isObject(before) || !isObject(after)) return [leaf(at, kindOf(before, after))];
    const parts = ["digest", "format", "mount", "access", "reseed"].flatMap((part) =>
        leaves([...at, part], before[part], after[part]),
    );
    const another = !isDeepStrictEqual(sourceOf(before), sourceOf(after)) || containsUnknown(after.digest);
    // A name that the program gives, and one that follows from its image or file.
    if (!another && before.name !== after.name) parts.push(leaf([...at, "name"], "update"));
    return another ? [leaf([...at, after.path === undefined ? "image" : "path"], "update"), ...parts] : parts;
}

function sourceOf({ name, image, path, digest }: Properties): unknown[] {
    return [path === undefined ? (image ?? name) : "", digest];
}

/** A read found it edited on the host; the inputs are what they were. */
function isEdited(property: string, { drift }: Properties): boolean {
    return Array.isArray(drift) && drift.includes(property);
}

/** The innermost values that differ. */
function leaves(at: Path, from: unknown, to: unknown): Detail[] {
    if (containsUnknown(to) && (typeof to !== "object" || to === null))
        return [leaf(at, from === undefined ? "add" : "update")];
    if (isDeepStrictEqual(from, to)) return [];
    if (Array.isArray(from) && Array.isArray(to)) {
        return Array.from({ length: Math.max(from.length, to.length) }, (_, index) =>
            leaves([...at, index], from[index], to[index]),
        ).flat();
    }
    if (isObject(from) && isObject(to)) {
        return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) =>
            leaves([...at, key], from[key], to[key]),
        );
    }
    return [leaf(at, kindOf(from, to))];
}

function kindOf(from: unknown, to: unknown): Detail["kind"] {
    if (from === undefined) return "add";
    return to === undefined ? "delete" : "update";
}

function leaf(path: Path, kind: Detail["kind"]): Detail {
    return { path, kind, replaces: false };
}

function listOf(value: unknown): unknown[] {
    return Array.isArray(value) ? value : [];
}
