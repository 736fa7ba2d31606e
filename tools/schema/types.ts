// zod's shapes as Pulumi's types: the form is zod's, the names and descriptions are the declarations'.
import type ts from "typescript";
import { z } from "zod";
import { defaultText, type Row, type Rows } from "../../model/arguments";
import { type Declarations, innerType, type Member, namesIn, textOf } from "./comments";

const PACKAGE = "unikernel";
const REF = "#/types/";

/** The part of JSON Schema that zod's shapes use. */
export interface JsonSchema {
    type?: string;
    description?: string;
    default?: unknown;
    enum?: string[];
    anyOf?: JsonSchema[];
    items?: JsonSchema;
    properties?: Record<string, JsonSchema>;
    additionalProperties?: JsonSchema;
    required?: string[];
}

/** A zod type, or its JSON Schema. */
export type Shape = Record<string, z.ZodType | JsonSchema>;

/** Types as Pulumi's schema has them (pkg/codegen/schema): of a value, of a property, and with a name. */
export interface TypeSpec {
    type?: string;
    $ref?: string;
    items?: TypeSpec;
    additionalProperties?: TypeSpec;
    oneOf?: TypeSpec[];
    /** Known when it is written: no SDK takes an output for it. */
    plain?: true;
}
export interface PropertySpec extends TypeSpec {
    description?: string;
    default?: unknown;
    willReplaceOnChanges?: boolean;
}
export interface ComplexTypeSpec {
    type: string;
    description?: string;
    properties?: Record<string, PropertySpec>;
    required?: string[];
    enum?: { name: string; value: string }[];
}

export interface PropertyOptions {
    /** Names that the schema does not have. */
    leave?: readonly string[];
    /** Types that do not follow from the shape. */
    own?: Record<string, TypeSpec>;
    /** Of the names of types that have none. */
    prefix?: string;
    /** Their descriptions win over the declaration's. */
    rows?: Rows;
}

/** Collects the types that properties need. */
export class Types {
    /** In the schema's form, by token. */
    readonly types: Record<string, ComplexTypeSpec> = {};

    constructor(readonly declarations: Declarations) {}

    /**
     * Return the properties of an object.
     * @param from the declaration that documents them; without one their own descriptions do
     */
    properties(
        shape: Shape,
        from: string | undefined,
        { leave = [], own = {}, prefix = "", rows = {} }: PropertyOptions = {},
    ): Record<string, PropertySpec> {
        const comments = from === undefined ? undefined : this.declarations.properties(from);
        const described = Object.entries(shape).filter(([name]) => !leave.includes(name));
        const missing = comments ? described.map(([name]) => name).filter((name) => !comments.has(name)) : [];
        if (missing.length > 0) throw new Error(`${from} does not declare ${missing.join(", ")}`);
        return Object.fromEntries(
            described.map(([name, type]) => {
                const json = jsonOf(type);
                const comment = comments?.get(name);
                const description = describeProperty(rows[name], comment, json);
                const spec = own[name] ?? this.type(json, comment?.type, prefix + capital(name));
                const scalar = ["string", "number", "boolean"].includes(typeof json.default)
                    ? { default: json.default }
                    : {};
                return [name, { ...spec, ...scalar, ...(description ? { description } : {}) }];
            }),
        );
    }

    /** Return a JSON schema as a type; `node` is its declaration, `hint` its name where that has none. */
    type(json: JsonSchema, node: ts.TypeNode | undefined, hint: string): TypeSpec {
        if (json.anyOf) return this.union(json.anyOf, node, hint);
        if (json.enum) return this.enumeration(json.enum, node, hint);
        if (json.type === "array")
            return { type: "array", items: this.type({ description: json.description, ...json.items }, node, hint) };
        if (json.type === "object" && json.properties) return this.object(json, nameOf(node) ?? hint, nameOf(node));
        if (json.type === "object")
            return { type: "object", additionalProperties: this.type(json.additionalProperties ?? {}, node, hint) };
        return { type: json.type ?? "string" };
    }

    private union(branches: JsonSchema[], node: ts.TypeNode | undefined, hint: string): TypeSpec {
        const names = node ? namesIn(node).flatMap((name) => this.branchNames(name)) : [];
        const objects = branches.filter(({ type }) => type === "object");
        return {
            oneOf: branches.map((branch) => {
                if (branch.type !== "object") return this.type(branch, node, hint);
                const name =
                    names.find((one) => sameKeys(this.declarations.properties(one), branch.properties)) ??
                    `${hint}${objects.indexOf(branch)}`;
                return this.object(branch, name, names.includes(name) ? name : undefined);
            }),
        };
    }

    /** Return the interfaces that an alias of a union stands for. */
    private branchNames(name: string): string[] {
        const declaration = this.declarations.declaration(name);
        return "type" in declaration ? namesIn(declaration.type) : [name];
    }

    enumeration(values: string[], node: ts.TypeNode | undefined, hint: string): TypeSpec {
        // Programs never write a value that only this package returns.
        if (!node && !this.declarations.has(hint)) return { type: "string" };
        const name = nameOf(node) ?? hint;
        const description = this.describe(name);
        return this.add(name, {
            type: "string",
            ...(description ? { description } : {}),
            enum: values.map((value) => ({ name: enumName(value), value })),
        });
    }

    private object(json: JsonSchema, name: string, from: string | undefined): TypeSpec {
        const required = json.required ?? [];
        const properties = this.properties(json.properties ?? {}, from, { prefix: name });
        const description = from ? this.describe(from) : json.description;
        return this.add(name.replace(/Args$/, ""), {
            type: "object",
            ...(description ? { description } : {}),
            properties,
            ...(required.length > 0 ? { required } : {}),
        });
    }

    describe(name: string): string | undefined {
        return this.declarations.has(name) ? textOf(this.declarations.declaration(name)) : undefined;
    }

    add(name: string, type: ComplexTypeSpec): TypeSpec {
        const token = `${PACKAGE}:index:${name}`;
        this.types[token] = type;
        return { $ref: REF + token };
    }
}

function describeProperty(row: Row | undefined, comment: Member | undefined, json: JsonSchema): string | undefined {
    if (row) return textOfRow(row);
    return comment ? textOf(comment) : json.description;
}

function textOfRow(row: Row): string {
    const text = defaultText(row);
    return text === undefined ? row.description : `${row.description}\nDefault: ${text}.`;
}

/** Return a zod type as JSON Schema. Refinements have no form there: check applies them. */
export function jsonOf(type: z.ZodType | JsonSchema): JsonSchema {
    return type instanceof z.ZodType
        ? (z.toJSONSchema(type, { io: "input", unrepresentable: "any" }) as JsonSchema)
        : type;
}

const sameKeys = (declared: Map<string, Member>, properties: Record<string, JsonSchema> = {}): boolean =>
    Object.keys(properties).every((name) => declared.has(name)) && declared.size === Object.keys(properties).length;
const nameOf = (node: ts.TypeNode | undefined): string | undefined => (node ? namesIn(innerType(node))[0] : undefined);
const capital = (text: string): string => text.replace(/^./, (letter) => letter.toUpperCase());
/** A name in every language: no digit or letter case is lost. */
const enumName = (value: string): string => capital(value);
