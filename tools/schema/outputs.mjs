// Outputs have no zod shape, for nobody checks what we return ourselves: their declarations are the source.
import ts from "typescript";
import { textOf } from "./comments.mjs";

/** The properties that a resource class declares, as the schema has them. */
export function outputsOf(types, className) {
    const { properties } = types.declarations;
    const found = [...properties(className)].filter(([, { type }]) => type?.getText().startsWith("pulumi.Output<"));
    const required = found.filter(([, { type }]) => !/\bundefined\b/.test(type.getText())).map(([name]) => name);
    return {
        required,
        properties: Object.fromEntries(
            found.map(([name, node]) => [
                name,
                { ...outputType(types, node.type.typeArguments[0]), ...describe(node) },
            ]),
        ),
    };
}

function outputType(types, node) {
    switch (node.kind) {
        case ts.SyntaxKind.StringKeyword:
            return { type: "string" };
        // Bytes and counts: no output of ours has a fraction.
        case ts.SyntaxKind.NumberKeyword:
            return { type: "integer" };
        case ts.SyntaxKind.BooleanKeyword:
            return { type: "boolean" };
        case ts.SyntaxKind.ArrayType:
            return { type: "array", items: outputType(types, node.elementType) };
        case ts.SyntaxKind.ParenthesizedType:
            return outputType(types, node.type);
        case ts.SyntaxKind.UnionType:
            return unionType(types, node);
        case ts.SyntaxKind.TypeLiteral:
            throw new Error(`an output needs a named type: ${node.getText()}`);
        default:
            return named(types, node);
    }
}

function unionType(types, node) {
    const branches = node.types.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword);
    if (branches.length === 1) return outputType(types, branches[0]);
    throw new Error(`an output of several types: ${node.getText()}`);
}

function named(types, node) {
    const name = node.typeName.getText();
    if (name === "Record") return { type: "object", additionalProperties: outputType(types, node.typeArguments[1]) };
    const declaration = types.declarations.declaration(name);
    if (ts.isInterfaceDeclaration(declaration)) return object(types, name, declaration);
    const { type } = declaration;
    if (!ts.isUnionTypeNode(type)) return outputType(types, type);
    if (type.types.every((branch) => ts.isLiteralTypeNode(branch)))
        return types.enumeration(
            type.types.map((branch) => branch.literal.text),
            node,
            name,
        );
    // Exactly one of several objects: each property may be missing.
    return shape(
        types,
        name,
        declaration,
        type.types.flatMap(({ members }) => [...members]),
        () => false,
    );
}

function object(types, name, declaration) {
    return shape(
        types,
        name,
        declaration,
        [...types.declarations.properties(name).values()],
        ({ questionToken }) => !questionToken,
    );
}

function shape(types, name, declaration, members, isRequired) {
    const required = members.filter(isRequired).map((member) => member.name.text);
    const properties = members.map((member) => [
        member.name.text,
        { ...memberType(types, name, member), ...describe(member) },
    ]);
    const token = types.declarations.has?.(`${name}Args`) ? `${name}Result` : name;
    return types.add(token, {
        type: "object",
        ...describe(declaration),
        properties: Object.fromEntries(properties),
        ...(required.length > 0 ? { required } : {}),
    });
}

/** A type without a name of its own is called after where it is. */
function memberType(types, owner, { name, type }) {
    if (!ts.isTypeLiteralNode(type)) return outputType(types, type);
    return shape(
        types,
        `${owner}${name.text[0].toUpperCase()}${name.text.slice(1)}`,
        type,
        [...type.members],
        ({ questionToken }) => !questionToken,
    );
}

function describe(node) {
    const description = textOf(node);
    return description ? { description } : {};
}
