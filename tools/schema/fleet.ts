// The fleet, a component of the plugin: its arguments are those of its members, and some of its own.
import { unikernelShape } from "../../core/unikernel";
import { interfaceRows, interfaceShape, unikernelRows } from "../../model/arguments";
import { DYNAMIC_FLEET_TOKEN } from "../../provider";
import { textOf } from "./comments";
import { outputsOf } from "./outputs";
import type { ComplexTypeSpec, PropertySpec, TypeSpec, Types } from "./types";

export interface Devices {
    /** The type of a guest's disks. */
    blocks: TypeSpec;
    /** Names of a guest's shape that are no arguments. */
    leave: readonly string[];
}

/** Return the component in the schema's form. */
export function fleetResource(types: Types, devices: Devices): object {
    const card = types.add("FleetInterface", {
        type: "object",
        description: "The arguments of a NetworkInterface, which the fleet makes for each member.",
        properties: withoutDefaults(types.properties(interfaceShape, "NetworkInterfaceArgs", { rows: interfaceRows })),
    });
    const members = memberProperties(types, devices, card);
    const add = (name: string, description: string | undefined, more: Partial<ComplexTypeSpec>): TypeSpec =>
        types.add(name, { type: "object", ...(description ? { description } : {}), ...more });
    const template = add("FleetTemplate", types.describe("FleetTemplateArgs"), {
        properties: members,
        required: ["kernel", "platform"],
    });
    const override = add("FleetOverride", types.describe("FleetOverrideArgs"), { properties: members });
    const comments = types.declarations.properties("FleetPortsArgs");
    const ports = add("FleetPorts", types.describe("FleetPortsArgs"), {
        properties: { from: { type: "integer", plain: true, description: textOf(comments.get("from")!) ?? "" } },
        required: ["from"],
    });
    const numbers = (declaration: string, names: string[]): Record<string, PropertySpec> => {
        const said = types.declarations.properties(declaration);
        const described = names.map((name) => [name, textOf(said.get(name)!) ?? ""] as const);
        return Object.fromEntries(
            described.map(([name, description]) => [name, { type: "integer", plain: true, description }]),
        );
    };
    const canary = add("FleetCanary", types.describe("FleetCanaryArgs"), {
        properties: numbers("FleetCanaryArgs", ["count", "bake"]),
    });
    const of = types.declarations.properties("FleetStrategyArgs");
    const strategy = add("FleetStrategy", types.describe("FleetStrategyArgs"), {
        properties: {
            canary: { ...canary, plain: true, description: textOf(of.get("canary")!) ?? "" },
            ...numbers("FleetStrategyArgs", ["maxUnavailable", "pause", "minReady"]),
        },
    });
    const outputs = outputsOf(types, "UnikernelFleet");
    const own: Record<string, TypeSpec> = {
        replicas: { type: "integer", plain: true },
        // Plain, so that no SDK makes one secret value of it all. Go's generator writes what does not compile for a plain
        // argument with defaults inside that is required, and for a plain map; the plugin refuses a fleet without one.
        template: { ...template, plain: true },
        members: { type: "object", additionalProperties: override },
        hosts: { type: "array", items: { $ref: "#/types/unikernel:index:Host" } },
        ports: { ...ports, plain: true },
        maxUnavailable: { type: "integer", plain: true },
        strategy: { ...strategy, plain: true },
        minInService: { type: "integer", plain: true },
    };
    return {
        description: types.describe("UnikernelFleet"),
        isComponent: true,
        ...outputs,
        inputProperties: described(types, own),
        requiredInputs: ["replicas"],
        aliases: [{ type: DYNAMIC_FLEET_TOKEN }],
    };
}

/** Return the arguments of a member. None has a default: one in an override would win over the template's argument. */
function memberProperties(types: Types, { blocks, leave }: Devices, card: TypeSpec): Record<string, PropertySpec> {
    const hidden = Object.entries(unikernelRows).flatMap(([name, row]) =>
        "private" in row && row.private ? [name] : [],
    );
    const own = { blocks, interfaces: { type: "array", items: card } };
    const options = { leave: [...hidden, "hosts", ...leave], own, rows: unikernelRows };
    return withoutDefaults(types.properties(unikernelShape, "UnikernelArgs", options));
}

function withoutDefaults(properties: Record<string, PropertySpec>): Record<string, PropertySpec> {
    return Object.fromEntries(Object.entries(properties).map(([name, { default: _, ...spec }]) => [name, spec]));
}

function described(types: Types, properties: Record<string, TypeSpec>): Record<string, PropertySpec> {
    const comments = types.declarations.properties("UnikernelFleetTemplateArgs");
    return Object.fromEntries(
        Object.entries(properties).map(([name, spec]) => {
            const comment = comments.get(name);
            if (!comment) throw new Error(`UnikernelFleetTemplateArgs does not declare ${name}`);
            return [name, { ...spec, description: textOf(comment) ?? "" }];
        }),
    );
}
