import { renderColumns, renderMarkdown } from "../../../bench/table";

test("columns are as wide as their widest cell, and lines end with text", () => {
    expect(renderColumns(["a", "long head"], [["wide cell", "b"], ["c"]]).split("\n")).toEqual([
        "a          long head",
        "wide cell  b",
        "c",
    ]);
});

test("a table as Markdown: a bar in a cell does not end it", () => {
    const table = { title: "Seconds", head: ["", "ours"], rows: [["create", "3.2"], ["a|b"]] };
    expect(renderMarkdown(table).split("\n")).toEqual([
        "Seconds:",
        "",
        "|        | ours |",
        "| --- | --- |",
        "| create | 3.2  |",
        "| a\\|b   |      |",
    ]);
});
