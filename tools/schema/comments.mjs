// What the declarations in resources/ and spec/ say of each property: the names of types and the texts for people, from their one source.
import { readdirSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

/** @returns {{ has(name: string): boolean, declaration(name: string): ts.Node, properties(name: string): Map<string, ts.PropertyDeclaration | ts.PropertySignature> }} */
export function readDeclarations(root) {
    const files = ["resources", "spec"].flatMap((room) =>
        readdirSync(path.join(root, room))
            .filter((name) => name.endsWith(".ts"))
            .map((name) => path.join(root, room, name)),
    );
    const found = new Map();
    for (const file of files) {
        const source = ts.createSourceFile(file, ts.sys.readFile(file), ts.ScriptTarget.Latest, true);
        source.forEachChild((node) => {
            if (ts.isInterfaceDeclaration(node) || ts.isClassDeclaration(node) || ts.isTypeAliasDeclaration(node))
                found.set(node.name.text, node);
        });
    }
    const declaration = (name) => {
        const node = found.get(name);
        if (!node) throw new Error(`resources/ and spec/ declare no ${name}`);
        return node;
    };
    const properties = (name) =>
        new Map(
            declaration(name)
                .members.filter(
                    (member) =>
                        (ts.isPropertySignature(member) || ts.isPropertyDeclaration(member)) &&
                        ts.isIdentifier(member.name),
                )
                .filter((member) => !isInternal(member))
                .map((member) => [member.name.text, member]),
        );
    return { declaration, properties, has: (name) => found.has(name) };
}

const isInternal = (node) => ts.getJSDocTags(node).some(({ tagName }) => tagName.text === "internal");

/** The comment as it stands; what it says of the default and its examples is part of it. */
export function textOf(node) {
    const [comment] = node.jsDoc ?? [];
    if (!comment) return undefined;
    const own = ts.getTextOfJSDocComment(comment.comment) ?? "";
    const tags = (comment.tags ?? []).map(({ tagName, comment: text }) => [
        tagName.text,
        (ts.getTextOfJSDocComment(text) ?? "").trim(),
    ]);
    const defaults = tags.filter(([tag]) => tag === "default").map(([, text]) => `Default: ${text}.`);
    return [own, ...defaults].filter(Boolean).join("\n").trim() || undefined;
}

/** `pulumi.Input<Readiness>` → `Readiness`, `pulumi.Input<pulumi.Input<X>[]>` → `X`: what a value is, whatever it comes in. */
export function innerType(type) {
    if (ts.isArrayTypeNode(type)) return innerType(type.elementType);
    if (ts.isUnionTypeNode(type)) return innerType(type.types[0]);
    if (ts.isTypeReferenceNode(type) && /^(pulumi\.)?(Input|Output|Record)$/.test(type.typeName.getText()))
        return innerType(type.typeArguments.at(-1));
    return type;
}

/** Names of all types in a union, as far as they have names. */
export function namesIn(type) {
    if (ts.isTypeReferenceNode(type)) {
        const name = type.typeName.getText();
        return /^(pulumi\.)?(Input|Output)$/.test(name) ? type.typeArguments.flatMap(namesIn) : [name];
    }
    if (ts.isUnionTypeNode(type)) return type.types.flatMap(namesIn);
    return ts.isArrayTypeNode(type) ? namesIn(type.elementType) : [];
}
