/**
 * The constants of Pulumi's property encoding, as the engine writes them (pulumi/pulumi: sdk/go/common/resource/sig and
 * plugin/rpc.go; `@pulumi/pulumi/runtime/rpc`).
 */

/** The key that marks an object as a special value; its value names the kind. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";

export const SECRET = "1b47061264138c4ac30d75fd1eb44270";
export const ASSET = "c44067f5952c0a294b673a41bacd8c17";
export const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";
export const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";
export const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** Placeholders for values that are not known yet, one for each type. */
export const UNKNOWNS: ReadonlySet<string> = new Set([
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // a boolean
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // a number
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // a text, and of any type
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // an array
    "030794c1-ac77-496b-92df-f27374a8bd58", // an asset
    "e48ece36-62e2-4504-bad9-02848725956a", // an archive
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // an object
]);

/** Steps from a resource's properties to one value. */
export type Path = readonly (string | number)[];

/** Return a path as text, in the engine's notation: `blocks[0].image`, `manifest["html/index.html"]`. */
export function textOf(path: Path): string {
    return path.reduce<string>((text, step) => {
        if (typeof step === "number") return `${text}[${step}]`;
        if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) return `${text}[${JSON.stringify(step)}]`;
        return text ? `${text}.${step}` : step;
    }, "");
}

/** Return the steps of a path in text form. */
export function stepsOf(text: string): Path {
    const steps = text.match(/\["(?:[^"\\]|\\.)*"\]|\[\d+\]|[^.[\]]+/g) ?? [];
    return steps.map((step) => {
        if (!step.startsWith("[")) return step;
        const inner: unknown = JSON.parse(step.slice(1, -1));
        return typeof inner === "number" ? inner : String(inner);
    });
}
