// Reads the declarations in resources/ and model/: the names of types and the texts for people, from their one source.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

export type Declaration = ts.InterfaceDeclaration | ts.ClassDeclaration | ts.TypeAliasDeclaration;
export type Member = ts.PropertyDeclaration | ts.PropertySignature;

export interface Declarations {
    has(name: string): boolean;
    /** @throws where there is none of this name */
    declaration(name: string): Declaration;
    /** The members of an interface or class without those that are `@internal`. */
    properties(name: string): Map<string, Member>;
}

export function readDeclarations(root: string): Declarations {
    const files = ["resources", "model"].flatMap((room) =>
        readdirSync(path.join(root, room))
            .filter((name) => name.endsWith(".ts"))
            .map((name) => path.join(root, room, name)),
    );
    const found = new Map<string, Declaration>();
    for (const file of files) {
        const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
        source.forEachChild((node) => {
            if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node) || ts.isTypeAliasDeclaration(node))
                if (node.name) found.set(node.name.text, node);
        });
    }
    const declaration = (name: string): Declaration => {
        const node = found.get(name);
        if (!node) throw new Error(`resources/ and model/ declare no ${name}`);
        return node;
    };
    const properties = (name: string): Map<string, Member> => {
        const node = declaration(name);
        if (ts.isTypeAliasDeclaration(node)) throw new Error(`found a type alias ${name}; expected an interface`);
        return new Map(
            [...node.members]
                .filter(isMember)
                .filter((member) => ts.isIdentifier(member.name) && !isInternal(member))
                .map((member) => [memberName(member), member]),
        );
    };
    return { declaration, properties, has: (name) => found.has(name) };
}

export const isMember = (node: ts.Node): node is Member =>
    ts.isPropertySignature(node) || ts.isPropertyDeclaration(node);
export const memberName = ({ name }: Member): string => (ts.isIdentifier(name) ? name.text : name.getText());
const isInternal = (node: ts.Node): boolean => ts.getJSDocTags(node).some(({ tagName }) => tagName.text === "internal");

/** Return the comment of a declaration or member, with its default. */
export function textOf(node: ts.Node): string | undefined {
    const comment = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc);
    if (!comment) return undefined;
    const own = ts.getTextOfJSDocComment(comment.comment) ?? "";
    const defaults = (comment.tags ?? [])
        .filter(({ tagName }) => tagName.text === "default")
        .map(({ comment: text }) => `Default: ${(ts.getTextOfJSDocComment(text) ?? "").trim()}.`);
    return [own, ...defaults].filter(Boolean).join("\n").trim() || undefined;
}

/** `pulumi.Input<Readiness>` → `Readiness`, `pulumi.Input<pulumi.Input<X>[]>` → `X`: the type of a value without its containers. */
export function innerType(type: ts.TypeNode): ts.TypeNode {
    if (ts.isArrayTypeNode(type)) return innerType(type.elementType);
    const inside = ts.isUnionTypeNode(type)
        ? type.types[0]
        : ts.isTypeReferenceNode(type) && /^(pulumi\.)?(Input|Output|Record)$/.test(type.typeName.getText())
          ? type.typeArguments?.at(-1)
          : undefined;
    return inside ? innerType(inside) : type;
}

/** Return the names of all types in a union that have names. */
export function namesIn(type: ts.TypeNode): string[] {
    if (ts.isTypeReferenceNode(type)) {
        const name = type.typeName.getText();
        return /^(pulumi\.)?(Input|Output)$/.test(name) ? (type.typeArguments ?? []).flatMap(namesIn) : [name];
    }
    if (ts.isUnionTypeNode(type)) return type.types.flatMap(namesIn);
    return ts.isArrayTypeNode(type) ? namesIn(type.elementType) : [];
}
