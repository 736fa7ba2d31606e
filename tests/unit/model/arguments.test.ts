import { join } from "node:path";
import ts from "typescript";
import {
    blockImageRows,
    defaultText,
    interfaceRows,
    networkRows,
    type Row,
    unikernelRows,
} from "../../../model/arguments";

/** What the declaration of an argument says of it in the editor: its text, and its default. */
function comments(file: string, declaration: string): Record<string, [string, string | undefined]> {
    const path = join(__dirname, "../../../resources", file);
    const source = ts.createSourceFile(path, ts.sys.readFile(path) ?? "", ts.ScriptTarget.Latest, true);
    const found = source.statements.filter(ts.isInterfaceDeclaration).find(({ name }) => name.text === declaration);
    return Object.fromEntries(
        (found?.members ?? []).map((member) => {
            const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === "default");
            const [doc] = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
            const text = ts.getTextOfJSDocComment(doc?.comment) ?? "";
            return [member.name?.getText(source) ?? "", [text, tag && ts.getTextOfJSDocComment(tag.comment)?.trim()]];
        }),
    );
}

test.each<[string, string, Record<string, Row>]>([
    ["unikernelArgs.ts", "UnikernelArgs", unikernelRows],
    ["blockImage.ts", "BlockImageArgs", blockImageRows],
    ["networkInterface.ts", "NetworkInterfaceArgs", interfaceRows],
    ["network.ts", "NetworkArgs", networkRows],
])("%s: the comment of each argument says what its row says", (file, declaration, rows) => {
    const written = Object.entries(rows).filter(([, row]) => !row.private);
    expect(comments(file, declaration)).toEqual(
        Object.fromEntries(written.map(([name, row]) => [name, [row.description, defaultText(row)]])),
    );
});

test("only what constructors send has no place in the docs", () => {
    for (const row of Object.values<Row>({ ...unikernelRows, ...blockImageRows, ...interfaceRows, ...networkRows }))
        expect(row.docs === undefined).toBe(row.private === true);
});
