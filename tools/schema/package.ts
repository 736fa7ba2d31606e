// The schema of the package, from which Pulumi makes SDKs, checks YAML programs, and writes documentation.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { backends } from "../../backends";
import { configurationShape } from "../../core";
import { blockImageShape } from "../../core/blockImage/schema";
import { unikernelShape } from "../../core/unikernel";
import { derivedOutputs } from "../../model";
import {
    blockImageRows,
    interfaceRows,
    interfaceShape,
    networkRows,
    type Rows,
    shapesOf,
    unikernelRows,
} from "../../model/arguments";
import { PLUGIN_FUNCTIONS } from "../../provider/plugin/functions";
import { readDeclarations } from "./comments";
import { type Devices, fleetResource } from "./fleet";
import { outputsOf } from "./outputs";
import { type ComplexTypeSpec, type JsonSchema, jsonOf, type PropertySpec, type TypeSpec, Types } from "./types";

const token = (name: string): string => `unikernel:index:${name}`;

/** @param root the repository */
export function packageSchema(root: string): object {
    const { version, description, license } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
    const types = new Types(readDeclarations(root));
    const resources = resourcesOf(types);
    const functions = functionsOf(types);
    const variables = types.properties(configurationShape, undefined);
    return {
        name: "unikernel",
        displayName: "Unikernel",
        version,
        description,
        license,
        keywords: ["pulumi", "unikernel", "kvm", "xen", "libvirt", "category/infrastructure", "kind/native"],
        publisher: "pulumi-unikernel",
        meta: { moduleFormat: "(.*)" },
        language: {
            nodejs: { packageName: "pulumi-unikernel-sdk", respectSchemaVersion: true },
            python: { packageName: "pulumi_unikernel", respectSchemaVersion: true, pyproject: { enabled: true } },
            go: {
                importBasePath: "pulumi-unikernel/sdk/go/unikernel",
                respectSchemaVersion: true,
                generateResourceContainerTypes: true,
            },
            csharp: { rootNamespace: "PulumiUnikernel", respectSchemaVersion: true },
            java: { basePackage: "org.pulumiunikernel", buildFiles: "gradle" },
        },
        config: { variables },
        types: types.types,
        provider: {
            description: "Where unikernels go that do not say so themselves, and what they may take.",
            inputProperties: variables,
        },
        resources,
        functions,
    };
}

function resourcesOf(types: Types): Record<string, object> {
    const ref = (name: string): TypeSpec => ({ $ref: `#/resources/${token(name)}` });
    // A block takes the image itself; its digest and format follow from it.
    const { digest: _digest, output: _output, formerly: _formerly, secret: _secret, ...written } = itemsOf("blocks");
    const blockType = types.add("Block", {
        type: "object",
        description: types.describe("BlockArgs"),
        properties: types.properties({ ...written, image: {} }, "BlockArgs", { own: { image: ref("BlockImage") } }),
    });
    // An import knows no resource behind an interface: the code that it generates describes the interface itself.
    const interfaceType = types.add("Interface", {
        type: "object",
        description: "An interface that no resource declares: as an import writes it.",
        properties: types.properties(itemsOf("interfaces"), "NetworkInterfaceArgs"),
        required: ["mac"],
    });
    const devices: Devices = { blocks: { type: "array", items: blockType }, leave: derivedOutputs.unikernel };
    const content = { oneOf: [{ type: "string" }, { $ref: "pulumi.json#/Asset" }] };
    return {
        [token("BlockImage")]: resource(types, "BlockImage", blockImageShape, blockImageRows, {
            own: {
                source: {
                    oneOf: [
                        { type: "string" },
                        { $ref: "pulumi.json#/Archive" },
                        { $ref: "pulumi.json#/Asset" },
                        { type: "object", additionalProperties: content },
                    ],
                },
            },
            hidden: ["source"],
            places: derivedOutputs.blockImage,
        }),
        [token("Network")]: resource(types, "Network", shapesOf(networkRows), networkRows, {
            hidden: ["adopt"],
            replaces: ["name"],
        }),
        [token("NetworkInterface")]: resource(types, "NetworkInterface", interfaceShape, interfaceRows),
        [token("Unikernel")]: resource(types, "Unikernel", unikernelShape, unikernelRows, {
            own: {
                blocks: devices.blocks,
                interfaces: { type: "array", items: { oneOf: [ref("NetworkInterface"), interfaceType] } },
            },
            // A provider has one for all; a default of the SDK's would be an argument, which wins over it.
            free: ["accelerator"],
            places: derivedOutputs.unikernel,
            hidden: ["blocks", "interfaces", "qemuArgs", "adopt", "deleteData"],
            replaces: replacing(),
        }),
        [token("UnikernelFleet")]: fleetResource(types, devices),
    };
}

/** Return the properties of a list's elements. */
function itemsOf(argument: "blocks" | "interfaces"): Record<string, JsonSchema> {
    return jsonOf(unikernelShape[argument]).items?.properties ?? {};
}

interface ResourceOptions {
    own?: Record<string, TypeSpec>;
    /** Inputs that are no outputs. */
    hidden?: readonly string[];
    /** Inputs whose default the SDKs leave out. */
    free?: readonly string[];
    /** Inputs whose change replaces the resource. */
    replaces?: readonly string[];
    /** Derived outputs, which a shape has for the places of secrets. */
    places?: readonly string[];
}

function resource(
    types: Types,
    name: string,
    shape: Record<string, z.ZodType>,
    rows: Rows,
    { own, hidden = [], free = [], replaces = [], places = [] }: ResourceOptions = {},
): object {
    // Only constructors send private arguments.
    const leave = [...Object.keys(rows).filter((argument) => rows[argument]?.private), ...places];
    const inputProperties = types.properties(shape, `${name}Args`, { leave, own, rows });
    for (const property of free) delete inputOf(inputProperties, property).default;
    for (const property of replaces) inputOf(inputProperties, property).willReplaceOnChanges = true;
    const outputs = outputsOf(types, name);
    // A program can read an argument as an output, but not where the output has another form.
    const echoed = Object.entries(inputProperties)
        .filter(([property]) => !hidden.includes(property) && !(property in outputs.properties))
        .map(([property, { default: _, willReplaceOnChanges: _replaces, ...spec }]) => [property, spec]);
    const requiredInputs = requiredIn(shape).filter((property) => property in inputProperties);
    return {
        description: types.describe(name),
        properties: { ...Object.fromEntries(echoed), ...outputs.properties },
        required: [
            ...outputs.required,
            ...requiredInputs.filter((property) => !hidden.includes(property) && !(property in outputs.properties)),
        ],
        inputProperties,
        ...(requiredInputs.length > 0 ? { requiredInputs } : {}),
        aliases: [{ type: `pulumi-nodejs:dynamic/unikernel:${name}` }],
    };
}

function inputOf(inputs: Record<string, PropertySpec>, name: string): PropertySpec {
    const input = inputs[name];
    if (!input) throw new Error(`found no input ${name}`);
    return input;
}

/** Return the names whose types take no undefined. */
const requiredIn = (shape: Record<string, z.ZodType>): string[] =>
    Object.entries(shape)
        .filter(([, type]) => !type.safeParse(undefined).success)
        .map(([name]) => name);

/** Return the arguments that replace the resource on every platform, by the backends' own tables. */
function replacing(): string[] {
    const [first = {}, ...others] = Object.values(backends).map(({ consequences }) => consequences);
    return Object.keys(first).filter((property) =>
        [first, ...others].every((table) => table[property]?.consequence === "replace" && !table[property]?.refine),
    );
}

function functionsOf(types: Types): Record<string, object> {
    return Object.fromEntries(
        Object.entries(PLUGIN_FUNCTIONS).map(([name, { description, inputs, outputs }]) => [
            name,
            {
                description,
                inputs: objectOf(types, name, inputs),
                outputs: objectOf(types, name, outputs),
            },
        ]),
    );
}

function objectOf(types: Types, name: string, shape: Record<string, z.ZodType>): ComplexTypeSpec {
    const required = requiredIn(shape);
    const prefix = (name.split(":")[2] ?? "").replace(/^./, (letter) => letter.toUpperCase());
    return {
        type: "object",
        properties: types.properties(shape, undefined, { prefix }),
        ...(required.length > 0 ? { required } : {}),
    };
}
