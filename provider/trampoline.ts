/** The kinds of resource that have handlers. */
export type ResourceKind = "unikernel" | "blockImage" | "networkInterface";

/**
 * Type tokens. Everything under `pulumi-nodejs:dynamic` is served by the SDK's dynamic-provider process
 * (`@pulumi/pulumi/cmd/dynamic-provider`), so nothing has to be installed.
 */
export const TYPE_TOKENS: Record<ResourceKind, string> = {
    unikernel: "pulumi-nodejs:dynamic/unikernel:Unikernel",
    blockImage: "pulumi-nodejs:dynamic/unikernel:BlockImage",
    networkInterface: "pulumi-nodejs:dynamic/unikernel:NetworkInterface",
};

/**
 * The program that state carries for a resource, twice: the dynamic-provider process evaluates it and calls `handler()`.
 * It finds this package by name from the program's folder at call time, so a fixed release reaches old resources.
 * Its bytes must never change: a change is an update of every resource that exists.
 */
export function trampoline(kind: ResourceKind): string {
    return `exports.handler = () => require("pulumi-unikernel/dist/provider/dynamic").${kind}`;
}
