// Outputs have no zod shape, since no check reads them: their declarations are the source.
import ts from "typescript";
import { isMember, type Member, memberName, textOf } from "./comments";
import type { PropertySpec, TypeSpec, Types } from "./types";

export interface Outputs {
    required: string[];
    properties: Record<string, PropertySpec>;
}

/** Return the outputs that a resource class declares, in the schema's form. */
export function outputsOf(types: Types, className: string): Outputs {
    const found = [...types.declarations.properties(className)].flatMap(([name, node]) => {
        const { type } = node;
        if (!type || !ts.isTypeReferenceNode(type) || !type.getText().startsWith("pulumi.Output<")) return [];
        const [inner] = type.typeArguments ?? [];
        return inner ? [{ name, node, inner }] : [];
    });
    return {
        required: found.filter(({ inner }) => !/\bundefined\b/.test(inner.getText())).map(({ name }) => name),
        properties: Object.fromEntries(
            found.map(({ name, node, inner }) => [name, { ...outputType(types, inner), ...describe(node) }]),
        ),
    };
}

function outputType(types: Types, node: ts.TypeNode): TypeSpec {
    if (node.kind === ts.SyntaxKind.StringKeyword) return { type: "string" };
    // Bytes and counts: no output of ours has a fraction.
    if (node.kind === ts.SyntaxKind.NumberKeyword) return { type: "integer" };
    if (node.kind === ts.SyntaxKind.BooleanKeyword) return { type: "boolean" };
    if (ts.isArrayTypeNode(node)) return { type: "array", items: outputType(types, node.elementType) };
    if (ts.isParenthesizedTypeNode(node)) return outputType(types, node.type);
    if (ts.isUnionTypeNode(node)) return unionType(types, node);
    if (ts.isTypeReferenceNode(node)) return named(types, node);
    throw new Error(`an output needs a named type: ${node.getText()}`);
}

function unionType(types: Types, node: ts.UnionTypeNode): TypeSpec {
    const [first, ...others] = node.types.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword);
    if (first && others.length === 0) return outputType(types, first);
    throw new Error(`an output of several types: ${node.getText()}`);
}

function named(types: Types, node: ts.TypeReferenceNode): TypeSpec {
    const name = node.typeName.getText();
    const [, value] = node.typeArguments ?? [];
    if (name === "Record" && value) return { type: "object", additionalProperties: outputType(types, value) };
    const declaration = types.declarations.declaration(name);
    if (!ts.isTypeAliasDeclaration(declaration))
        return shape(types, name, declaration, [...types.declarations.properties(name).values()]);
    const { type } = declaration;
    if (!ts.isUnionTypeNode(type)) return outputType(types, type);
    const values = type.types.flatMap((branch) =>
        ts.isLiteralTypeNode(branch) && ts.isStringLiteral(branch.literal) ? [branch.literal.text] : [],
    );
    if (values.length === type.types.length) return types.enumeration(values, node, name);
    // Exactly one of several objects: each property may be missing.
    const members = type.types.flatMap((branch) => (ts.isTypeLiteralNode(branch) ? membersOf(branch) : []));
    return shape(types, name, declaration, members, () => false);
}

const membersOf = ({ members }: ts.TypeLiteralNode): Member[] =>
    members.flatMap((member): Member[] => (isMember(member) ? [member] : []));

function shape(
    types: Types,
    name: string,
    declaration: ts.Node,
    members: Member[],
    isRequired = (member: Member): boolean => !member.questionToken,
): TypeSpec {
    const required = members.filter(isRequired).map(memberName);
    const properties = members.map((member) => [
        memberName(member),
        { ...memberType(types, name, member), ...describe(member) },
    ]);
    const token = types.declarations.has(`${name}Args`) ? `${name}Result` : name;
    return types.add(token, {
        type: "object",
        ...describe(declaration),
        properties: Object.fromEntries(properties),
        ...(required.length > 0 ? { required } : {}),
    });
}

/** A type without a name is named after its owner and property. */
function memberType(types: Types, owner: string, member: Member): TypeSpec {
    const name = memberName(member);
    if (!member.type) throw new Error(`an output needs a type: ${owner}.${name}`);
    if (!ts.isTypeLiteralNode(member.type)) return outputType(types, member.type);
    return shape(types, `${owner}${name.replace(/^./, capital)}`, member.type, membersOf(member.type));
}

const capital = (letter: string): string => letter.toUpperCase();

function describe(node: ts.Node): { description?: string } {
    const description = textOf(node);
    return description ? { description } : {};
}
