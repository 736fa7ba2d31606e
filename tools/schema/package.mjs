// The schema of the package, from which Pulumi makes SDKs, checks YAML programs, and writes documentation.
import { createRequire } from "node:module";
import { readDeclarations } from "./comments.mjs";
import { outputsOf } from "./outputs.mjs";
import { jsonOf, Types } from "./types.mjs";

const require = createRequire(import.meta.url);
const dist = (file) => require(`../../dist/${file}`);
const token = (name) => `unikernel:index:${name}`;

/** @param {string} root the repository, built */
export function packageSchema(root) {
    const { version, description, license } = require(`${root}/package.json`);
    const types = new Types(readDeclarations(root));
    const resources = resourcesOf(types);
    const functions = functionsOf(types);
    const { configurationShape } = dist("provider/plugin/configuration.js");
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

function resourcesOf(types) {
    const ref = (name) => ({ $ref: `#/resources/${token(name)}` });
    const { unikernelShape } = dist("core/unikernel/schema.js");
    const { blockImageShape } = dist("core/blockImage/schema.js");
    const { blockImageRows, interfaceRows, interfaceShape, unikernelRows } = dist("spec/arguments/index.js");
    // A block takes the image itself; its digest and format follow from it.
    const block = jsonOf(unikernelShape.blocks).items.properties;
    const { digest: _digest, output: _output, formerly: _formerly, secret: _secret, ...written } = block;
    const blockType = types.add("Block", {
        type: "object",
        description: types.describe("BlockArgs"),
        properties: types.properties({ ...written, image: {} }, "BlockArgs", { own: { image: ref("BlockImage") } }),
    });
    // An import knows no resource behind an interface, and code that is generated of it says what the interface is.
    const interfaceType = types.add("Interface", {
        type: "object",
        description: "An interface that no resource declares: as an import writes it.",
        properties: types.properties(jsonOf(unikernelShape.interfaces).items.properties, "NetworkInterfaceArgs"),
        required: ["mac"],
    });
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
            places: dist("spec/index.js").derivedOutputs.blockImage,
        }),
        [token("NetworkInterface")]: resource(types, "NetworkInterface", interfaceShape, interfaceRows, {}),
        [token("Unikernel")]: resource(types, "Unikernel", unikernelShape, unikernelRows, {
            own: {
                blocks: { type: "array", items: blockType },
                interfaces: { type: "array", items: { oneOf: [ref("NetworkInterface"), interfaceType] } },
            },
            // A provider has one for all; a default of the SDK's would be an argument, which wins over it.
            free: ["accelerator"],
            places: dist("spec/index.js").derivedOutputs.unikernel,
            hidden: ["blocks", "interfaces", "qemuArgs", "adopt", "deleteData"],
            replaces: replacing(),
        }),
    };
}

function resource(types, name, shape, rows, { own, hidden = [], free = [], replaces = [], places = [] }) {
    // What only constructors send.
    const leave = [...Object.keys(rows).filter((argument) => rows[argument].private), ...places];
    const inputProperties = types.properties(shape, `${name}Args`, { leave, own, rows });
    for (const property of free) delete inputProperties[property].default;
    for (const property of replaces) inputProperties[property].willReplaceOnChanges = true;
    const outputs = outputsOf(types, name);
    // What was declared is there to be read, but not what has another form by then.
    const echoed = Object.entries(inputProperties)
        .filter(([property]) => !hidden.includes(property) && !(property in outputs.properties))
        .map(([property, { default: _, willReplaceOnChanges: _replaces, ...spec }]) => [property, spec]);
    const requiredInputs = Object.keys(inputProperties).filter(
        (property) => !shape[property].safeParse(undefined).success,
    );
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

/** What is a replacement on every platform, by the backends' own tables. */
function replacing() {
    const { backends } = dist("backends/index.js");
    const tables = Object.values(backends).map(({ consequences }) => consequences);
    return Object.keys(tables[0]).filter((property) =>
        tables.every((table) => table[property]?.consequence === "replace" && !table[property].refine),
    );
}

function functionsOf(types) {
    const { PLUGIN_FUNCTIONS } = dist("provider/plugin/functions/index.js");
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

function objectOf(types, name, shape) {
    const required = Object.keys(shape).filter((name) => !shape[name].safeParse(undefined).success);
    return {
        type: "object",
        properties: types.properties(shape, undefined, {
            prefix: name.split(":")[2].replace(/^./, (letter) => letter.toUpperCase()),
        }),
        ...(required.length > 0 ? { required } : {}),
    };
}
