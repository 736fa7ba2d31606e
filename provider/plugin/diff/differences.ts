import { isDeepStrictEqual } from "node:util";
import type { PropertyChange } from "../../../core";
import { containsUnknown } from "../../../core";
import type { ResourceKind } from "../../trampoline";
import { isObject } from "../arguments/devices";
import { configurationShape } from "../configuration";
import type { Properties } from "../wire/codec";
import type { Path } from "../wire/wire";
import { stepsOf, textOf } from "../wire/wire";

/** One entry of a detailed diff. */
export interface Detail {
    path: Path;
    kind: "add" | "delete" | "update";
    replaces: boolean;
}

/** Inputs that are compared by value. The other inputs of a data image are covered by its digest. */
const COMPARED: Record<Exclude<ResourceKind, "unikernel">, string[]> = {
    blockImage: ["digest", "format", "size", "label", "output", "manifest", "urn"],
    networkInterface: ["mac", "attach", "driver", "ipv4", "ipv6", "urn"],
    network: [
        ...["name", "connection", "mode", "bridge", "ipv4", "ipv6", "domain", "forwarders", "hosts", "mtu"],
        ...["autostart", "urn"],
    ],
    fleetRollOut: [
        ...["replicas", "canary", "maxUnavailable", "pause", "minReady", "minInService", "round", "consequence"],
        ...["schemaVersion", "fleet", "urn"],
    ],
};

/** Return the differences between a declaration's inputs, down to the single file of a manifest. */
export function detailsOfInputs(
    kind: Exclude<ResourceKind, "unikernel">,
    olds: Properties,
    news: Properties,
): Detail[] {
    return COMPARED[kind].flatMap((name) => leaves([name], olds[name], news[name]));
}

/** Return the differences of a provider's configuration, which is flat. */
export function detailsOfConfiguration(olds: Properties, news: Properties): Detail[] {
    return Object.keys(configurationShape).flatMap((name) => leaves([name], olds[name], news[name]));
}

/** Return the handlers' differences of a unikernel as paths of a program's arguments. */
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
    // The content may change under the same path.
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
    // The name changes with the image or file; only a name given by the program is a change of its own.
    if (!another && before.name !== after.name) parts.push(leaf([...at, "name"], "update"));
    return another ? [leaf([...at, after.path === undefined ? "image" : "path"], "update"), ...parts] : parts;
}

function sourceOf({ name, image, path, digest }: Properties): unknown[] {
    return [path === undefined ? (image ?? name) : "", digest];
}

/** Return whether a read found the property edited on the host, while the inputs are unchanged. */
function isEdited(property: string, { drift }: Properties): boolean {
    return Array.isArray(drift) && drift.includes(property);
}

/** Return the innermost values that differ. */
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
