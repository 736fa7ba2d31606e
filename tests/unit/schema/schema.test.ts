import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Property {
    description?: string;
    $ref?: string;
    type?: string;
    items?: Property;
    oneOf?: Property[];
    additionalProperties?: Property;
}
interface ObjectType {
    description?: string;
    properties?: Record<string, Property>;
    required?: string[];
    enum?: { name: string }[];
}
interface Resource extends ObjectType {
    inputProperties: Record<string, Property>;
    requiredInputs?: string[];
    aliases: { type: string }[];
}

const schema = JSON.parse(readFileSync(join(__dirname, "../../../schema.json"), "utf8")) as {
    version: string;
    types: Record<string, ObjectType>;
    resources: Record<string, Resource>;
    config: { variables: Record<string, Property> };
    functions: Record<string, { description?: string; inputs: ObjectType; outputs: ObjectType }>;
};

/** Every property of the package, by where it is. */
function* properties(): Generator<[string, Property]> {
    const within = function* (at: string, found: Record<string, Property> = {}): Generator<[string, Property]> {
        for (const [name, property] of Object.entries(found)) yield [`${at}.${name}`, property];
    };
    for (const [token, type] of Object.entries(schema.types)) yield* within(token, type.properties);
    for (const [token, { properties: outputs, inputProperties }] of Object.entries(schema.resources)) {
        yield* within(token, outputs);
        yield* within(`${token}Args`, inputProperties);
    }
    for (const [token, { inputs, outputs }] of Object.entries(schema.functions)) {
        yield* within(`${token}Args`, inputs.properties);
        yield* within(`${token}Result`, outputs.properties);
    }
    yield* within("config", schema.config.variables);
}

function refsOf({ $ref, items, oneOf = [], additionalProperties }: Property): string[] {
    return [
        ...($ref ? [$ref] : []),
        ...[items, additionalProperties, ...oneOf].flatMap((inner) => (inner ? refsOf(inner) : [])),
    ];
}

test("every property, type, resource and function says what it is", () => {
    const silent = [...properties()].filter(([, { description }]) => !description).map(([at]) => at);
    const things = Object.entries({ ...schema.types, ...schema.resources, ...schema.functions })
        .filter(([, { description }]) => !description)
        .map(([token]) => token);
    expect([...silent, ...things]).toEqual([]);
});

test("what a property refers to is there, and every type is referred to", () => {
    const refs = new Set([...properties()].flatMap(([, property]) => refsOf(property)));
    const own = [...refs].filter((ref) => ref.startsWith("#")).map((ref) => ref.replace(/^#\/(types|resources)\//, ""));
    expect(own.filter((token) => !(token in schema.types) && !(token in schema.resources))).toEqual([]);
    expect(Object.keys(schema.types).filter((token) => !own.includes(token))).toEqual([]);
});

test("required is what check requires; the dynamic resources' types are aliases; no default stands above a provider's setting", () => {
    expect(
        Object.fromEntries(
            Object.entries(schema.resources).map(([token, { requiredInputs = [], aliases }]) => [
                token,
                [requiredInputs, aliases],
            ]),
        ),
    ).toEqual({
        "unikernel:index:Unikernel": [["platform", "kernel"], [{ type: "pulumi-nodejs:dynamic/unikernel:Unikernel" }]],
        "unikernel:index:BlockImage": [["source"], [{ type: "pulumi-nodejs:dynamic/unikernel:BlockImage" }]],
        "unikernel:index:Network": [[], [{ type: "pulumi-nodejs:dynamic/unikernel:Network" }]],
        "unikernel:index:UnikernelFleet": [["replicas"], [{ type: "pulumi-unikernel:index:UnikernelFleet" }]],
        "unikernel:index:NetworkInterface": [[], [{ type: "pulumi-nodejs:dynamic/unikernel:NetworkInterface" }]],
    });
    const configured = Object.keys(schema.config.variables).filter(
        (name) => name in schema.resources["unikernel:index:Unikernel"]!.inputProperties,
    );
    expect(configured).toEqual(expect.arrayContaining(["connection", "accelerator"]));
    expect(
        configured.filter((name) => "default" in schema.resources["unikernel:index:Unikernel"]!.inputProperties[name]!),
    ).toEqual([]);
});

test("what only constructors and check say is no argument", () => {
    const names = Object.values(schema.resources).flatMap(({ inputProperties }) => Object.keys(inputProperties));
    expect(
        names.filter((name) =>
            [
                "resourceUrn",
                "secrets",
                "digestKey",
                "allowQemuArgs",
                "bootDigest",
                "schemaVersion",
                "consequence",
            ].includes(name),
        ),
    ).toEqual([]);
});
