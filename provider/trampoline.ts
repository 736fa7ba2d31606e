/** The kinds of resource that have handlers. */
export type ResourceKind = "unikernel" | "blockImage" | "networkInterface";

/**
 * Type tokens of the dynamic resources. The SDK's dynamic-provider process (`@pulumi/pulumi/cmd/dynamic-provider`)
 * serves everything under `pulumi-nodejs:dynamic`, so nothing has to be installed.
 */
export const TYPE_TOKENS: Record<ResourceKind, string> = {
    unikernel: "pulumi-nodejs:dynamic/unikernel:Unikernel",
    blockImage: "pulumi-nodejs:dynamic/unikernel:BlockImage",
    networkInterface: "pulumi-nodejs:dynamic/unikernel:NetworkInterface",
};

/**
 * Return the program that state holds for a resource, twice. The dynamic-provider process evaluates it and calls
 * `handler()`. It imports this package by name from the program's folder at call time, so a fixed release reaches old
 * resources. Its bytes must never change: a change would update every existing resource.
 */
export function trampoline(kind: ResourceKind): string {
    return `exports.handler = () => require("pulumi-unikernel/dist/provider/dynamic").${kind}`;
}
