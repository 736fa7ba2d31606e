import { isDeepStrictEqual } from "node:util";

type Properties = Record<string, unknown>;

/**
 * Properties that check adds to inputs. The engine passes them back as arguments after an import, and where
 * `ignoreChanges` names them or everything.
 */
const ADDED = new Set([
    "schemaVersion",
    "urn",
    "uuid",
    "host",
    "folder",
    "digests",
    "bootDigest",
    "consequence",
    "drift",
    "imported",
    "digest",
    "manifest",
    "formerly",
]);

/**
 * Return the arguments that a program wrote, without the inputs of state that the engine passed back.
 * @param more further names of properties that programs do not write
 */
export function withoutEchoes(news: Properties, olds: Properties, more: ReadonlySet<string> = new Set()): Properties {
    const written = Object.entries(news).filter(
        ([name, value]) => !((ADDED.has(name) || more.has(name)) && isDeepStrictEqual(value, olds[name])),
    );
    return Object.fromEntries(written);
}

/** Return a list of disks without the digests that check added to those of a file. */
export function withoutDigests(blocks: unknown[], olds: unknown): unknown[] {
    const before: unknown[] = Array.isArray(olds) ? olds : [];
    return blocks.map((block: unknown, index) => {
        if (typeof Object(block).path !== "string") return block;
        const { digest, ...rest } = block as Properties;
        return digest === Object(before[index]).digest ? rest : block;
    });
}

/** Arguments that name files. */
export const CONTENTS: readonly string[] = ["kernel", "initrd", "blocks", "source"];

/**
 * Return the arguments whose values may come from state; `*` where the engine passed back the digests of state, which
 * means that a change of content is to be ignored.
 */
export function keptBy(news: Properties, olds: Properties, kept: readonly string[]): string[] {
    const all = ["digests", "digest"].some(
        (name) => news[name] !== undefined && isDeepStrictEqual(news[name], olds[name]),
    );
    return [...(all ? ["*"] : []), ...kept];
}

/** Return the arguments with files that `ignoreChanges` names. */
export function ignoredContents(ignoreChanges: readonly string[]): string[] {
    if (ignoreChanges.some((path) => ["*", "digests", "digest"].includes(path))) return [...CONTENTS];
    const roots = ignoreChanges.map((path) => path.split(/[.[]/)[0]);
    return CONTENTS.filter((name) => roots.includes(name));
}
