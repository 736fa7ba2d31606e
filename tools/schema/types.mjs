// zod's shapes as Pulumi's types. What is in them is zod's; how they are called and what they are for, the declarations'.
import { createRequire } from "node:module";
import { z } from "zod";
import { innerType, namesIn, textOf } from "./comments.mjs";

const { defaultText } = createRequire(import.meta.url)("../../dist/spec/arguments/index.js");
const PACKAGE = "unikernel";
const REF = "#/types/";

/** Collects the types that properties need. */
export class Types {
    /** In the schema's form, by token. */
    types = {};

    constructor(declarations) {
        this.declarations = declarations;
    }

    /**
     * The properties of an object.
     * @param shape zod's types by name, or JSON Schema's
     * @param {string | undefined} from the declaration that documents them; without one their own descriptions do
     * @param prefix of the names of types that have none
     * @param rows what the arguments' rows say of them, before any declaration
     */
    properties(shape, from, { leave = [], own = {}, prefix = "", rows = {} } = {}) {
        const comments = from && this.declarations.properties(from);
        const names = Object.keys(shape).filter((name) => !leave.includes(name));
        const missing = comments ? names.filter((name) => !comments.has(name)) : [];
        if (missing.length > 0) throw new Error(`${from} does not declare ${missing.join(", ")}`);
        return Object.fromEntries(
            names.map((name) => {
                const json = jsonOf(shape[name]);
                const comment = comments?.get(name);
                const description = rows[name] ? textOfRow(rows[name]) : comment ? textOf(comment) : json.description;
                const spec = own[name] ?? this.type(json, comment?.type, prefix + capital(name));
                const scalar = ["string", "number", "boolean"].includes(typeof json.default)
                    ? { default: json.default }
                    : {};
                return [name, { ...spec, ...scalar, ...(description ? { description } : {}) }];
            }),
        );
    }

    /** A JSON schema as a type; `node` is its declaration, `hint` its name where that has none. */
    type(json, node, hint) {
        if (json.anyOf) return this.union(json.anyOf, node, hint);
        if (json.enum) return this.enumeration(json.enum, node, hint);
        if (json.type === "array")
            return { type: "array", items: this.type({ description: json.description, ...json.items }, node, hint) };
        if (json.type === "object" && json.properties) return this.object(json, nameOf(node) ?? hint, nameOf(node));
        if (json.type === "object")
            return { type: "object", additionalProperties: this.type(json.additionalProperties, node, hint) };
        return { type: json.type ?? "string" };
    }

    union(branches, node, hint) {
        const names = node ? namesIn(node).flatMap((name) => this.branchNames(name)) : [];
        const objects = branches.filter(({ type }) => type === "object");
        return {
            oneOf: branches.map((branch) => {
                if (branch.type !== "object") return { type: branch.type };
                const name =
                    names.find((one) => sameKeys(this.declarations.properties(one), branch.properties)) ??
                    `${hint}${objects.indexOf(branch)}`;
                return this.object(branch, name, names.includes(name) ? name : undefined);
            }),
        };
    }

    /** The interfaces that an alias of a union stands for. */
    branchNames(name) {
        const { type } = this.declarations.declaration(name);
        return type ? namesIn(type) : [name];
    }

    enumeration(values, node, hint) {
        // Of what only we return, no program has to write a value.
        if (!node && !this.declarations.has(hint)) return { type: "string" };
        const name = nameOf(node) ?? hint;
        const description = this.describe(name);
        return this.add(name, {
            type: "string",
            ...(description ? { description } : {}),
            enum: values.map((value) => ({ name: enumName(value), value })),
        });
    }

    object(json, name, from) {
        const required = json.required ?? [];
        const properties = this.properties(json.properties, from, { prefix: name });
        const description = from ? this.describe(from) : json.description;
        return this.add(name.replace(/Args$/, ""), {
            type: "object",
            ...(description ? { description } : {}),
            properties,
            ...(required.length > 0 ? { required } : {}),
        });
    }

    describe(name) {
        return this.declarations.has(name) ? textOf(this.declarations.declaration(name)) : undefined;
    }

    add(name, type) {
        const token = `${PACKAGE}:index:${name}`;
        this.types[token] = type;
        return { $ref: REF + token };
    }
}

function textOfRow(row) {
    const text = defaultText(row);
    return text === undefined ? row.description : `${row.description}\nDefault: ${text}.`;
}

/** Refinements have no form in JSON Schema: check is where they are asked. */
export function jsonOf(type) {
    return type instanceof z.ZodType ? z.toJSONSchema(type, { io: "input", unrepresentable: "any" }) : type;
}

const sameKeys = (declared, properties) =>
    Object.keys(properties).every((name) => declared.has(name)) && declared.size === Object.keys(properties).length;
const nameOf = (node) => (node ? namesIn(innerType(node))[0] : undefined);
const capital = (text) => text[0].toUpperCase() + text.slice(1);
/** A name in every language: no digit or letter case is lost. */
const enumName = (value) => capital(value);
