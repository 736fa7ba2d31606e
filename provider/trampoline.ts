import { resolve } from "node:path";
import { findsPackage, folderThatFinds } from "./findPackage";

/** The kinds of resource that have handlers. */
export type ResourceKind = "unikernel" | "blockImage" | "networkInterface" | "network" | "fleetRollOut";

/**
 * Type tokens of the dynamic resources. The SDK's dynamic-provider process (`@pulumi/pulumi/cmd/dynamic-provider`)
 * serves everything under `pulumi-nodejs:dynamic`, so nothing has to be installed.
 */
export const TYPE_TOKENS: Record<ResourceKind, string> = {
    unikernel: "pulumi-nodejs:dynamic/unikernel:Unikernel",
    blockImage: "pulumi-nodejs:dynamic/unikernel:BlockImage",
    networkInterface: "pulumi-nodejs:dynamic/unikernel:NetworkInterface",
    network: "pulumi-nodejs:dynamic/unikernel:Network",
    fleetRollOut: "pulumi-nodejs:dynamic/unikernel:FleetRollOut",
};

/** Type token of the fleet that the package's own class makes, a component without a provider. */
export const DYNAMIC_FLEET_TOKEN = "pulumi-unikernel:index:UnikernelFleet";

/** The module that state names: it must stay where it is. */
const HANDLERS = "dist/provider/dynamic";

/** The program's folder, where the dynamic-provider process runs too. A program may leave it later. */
const PROGRAM = process.cwd();

let way: { through?: string } | undefined;

/**
 * Return the program that state holds for a resource, twice. The dynamic-provider process evaluates it and calls
 * `handler()`. It imports this package by name from the program's folder at call time, so a fixed release reaches old
 * resources. Its bytes must never change: a change would update every existing resource.
 *
 * Another program is sent only where the program's folder does not find the package, which then is a dependency of a
 * component library alone: decision record 0001.
 */
export function trampoline(kind: ResourceKind): string {
    way ??= findsPackage(PROGRAM, HANDLERS) ? {} : { through: folderThatFinds(PROGRAM, resolve(__dirname, "../..")) };
    return trampolineThrough(kind, way.through);
}

/** @param folder from which the package is found, as a path from the program's folder; undefined: the latter itself */
export function trampolineThrough(kind: ResourceKind, folder?: string): string {
    const file = JSON.stringify(`pulumi-unikernel/${HANDLERS}`);
    if (folder === undefined) return `exports.handler = () => require(${file}).${kind}`;
    const paths = JSON.stringify([".", folder]);
    return `exports.handler = () => require(require.resolve(${file}, { paths: ${paths} })).${kind}`;
}
