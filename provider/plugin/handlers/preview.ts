import { containsUnknown, currentOutputs, UNKNOWN } from "../../../core";
import type { ResourceKind } from "../../trampoline";
import type { Properties } from "../wire/codec";

/** Outputs that only the real operation can compute. */
const COMPUTED: Record<ResourceKind, string[]> = {
    unikernel: ["ipAddresses", "consoleLog", "consoleCommand", "guestConfig"],
    blockImage: ["path", "sha256", "size"],
    networkInterface: [],
    network: ["bridge"],
    fleetRollOut: [],
};
const COMPUTED_MEDIUM = ["path", "sha256", "size", "manifest", "guestConfig"];

/** Return the outputs of a create: identity, digests and all declared values are known. */
export function createdOutputs(kind: ResourceKind, inputs: Properties): Properties {
    return withUnknown(outputsWithin(kind, inputs), computedOf(kind, inputs));
}

/** The outputs that an update will have: what it does not touch is what it was. */
export function updatedOutputs(kind: ResourceKind, before: Properties, inputs: Properties): Properties {
    const olds = kind === "blockImage" ? currentOutputs(before) : before;
    const changed = computedOf(kind, inputs).filter((name) => !survives(kind, name, olds, inputs));
    const kept = computedOf(kind, inputs).filter((name) => !changed.includes(name) && olds[name] !== undefined);
    return {
        ...withUnknown(outputsWithin(kind, inputs), changed),
        ...Object.fromEntries(kept.map((name) => [name, olds[name]])),
    };
}

function computedOf(kind: ResourceKind, inputs: Properties): string[] {
    // The bridge of a network is declared, or made by libvirt.
    if (kind === "network" && inputs.bridge !== undefined) return [];
    return kind === "unikernel" && inputs.platform === "iso" ? COMPUTED_MEDIUM : COMPUTED[kind];
}

/** State holds a data image's manifest once, among its inputs. */
function outputsWithin(kind: ResourceKind, { manifest, ...inputs }: Properties): Properties {
    return kind === "blockImage" || manifest === undefined ? inputs : { ...inputs, manifest };
}

function withUnknown(properties: Properties, names: string[]): Properties {
    return { ...properties, ...Object.fromEntries(names.map((name) => [name, UNKNOWN])) };
}

function survives(kind: ResourceKind, name: string, olds: Properties, inputs: Properties): boolean {
    // The digest covers the other arguments.
    if (kind === "blockImage") return same(["digest", "format", "output"], olds, inputs);
    if (kind === "network") return same(["mode", "uuid", "connection"], olds, inputs);
    if (name === "consoleLog" || name === "consoleCommand")
        return same(["uuid", "name", "connection", "platform"], olds, inputs);
    if (name === "guestConfig")
        return (
            same(["bootDigest", "platform"], olds, inputs) &&
            JSON.stringify(olds.digests) === JSON.stringify(inputs.digests)
        );
    return same(["bootDigest", "state", "platform", "interfaces", "output", "burn"], olds, inputs);
}

function same(names: string[], olds: Properties, inputs: Properties): boolean {
    return names.every(
        (name) => !containsUnknown(inputs[name]) && JSON.stringify(olds[name]) === JSON.stringify(inputs[name]),
    );
}
