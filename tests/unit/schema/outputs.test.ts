import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (path: string): string => readFileSync(join(__dirname, "../../..", path), "utf8");
const schema = JSON.parse(read("schema.json")) as {
    resources: Record<string, { properties: Record<string, unknown> }>;
};

/** Outputs that a class declares for programs. */
function declared(file: string): string[] {
    return [...read(file).matchAll(/^ {4}declare readonly (\w+): pulumi\.Output</gm)].map(([, name]) => name!);
}

/** Names in a page's section about outputs: the first cells of its table, else those of its first paragraph without what is in brackets. */
function documented(page: string): string[] {
    const section = read(page).split("\n## Outputs\n\n")[1]?.split("\n## ")[0] ?? "";
    const cells = [...section.matchAll(/^\| `(\w+)` \|/gm)];
    const [paragraph = ""] = section.replaceAll(/\([^)]*\)/g, "").split("\n\n");
    return (cells.length > 0 ? cells : [...paragraph.matchAll(/`(\w+)`/g)]).map(([, name]) => name!);
}

test.each([
    ["BlockImage", "resources/blockImage.ts", () => documented("docs/images.md")],
    ["Unikernel", "resources/unikernel.ts", () => [...documented("docs/unikernel.md"), ...documented("docs/iso.md")]],
])("docs, schema and class name the same outputs of %s", (name, file, pages) => {
    const outputs = declared(file);
    expect(outputs.length).toBeGreaterThan(4);
    expect([...new Set(pages())].sort()).toEqual([...outputs].sort());
    expect(Object.keys(schema.resources[`unikernel:index:${name}`]!.properties)).toEqual(
        expect.arrayContaining(outputs),
    );
});
