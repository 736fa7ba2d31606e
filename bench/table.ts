/** A table of text. */
export interface Table {
    title: string;
    head: string[];
    rows: string[][];
}

const widthsOf = (head: readonly string[], rows: readonly string[][]) =>
    head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? "").length)));

/** Render lines of columns with fixed widths. */
export function renderColumns(head: readonly string[], rows: readonly string[][]): string {
    const widths = widthsOf(head, rows);
    return [head, ...rows]
        .map((row) =>
            widths
                .map((width, column) => (row[column] ?? "").padEnd(width))
                .join("  ")
                .trimEnd(),
        )
        .join("\n");
}

/** Render a table as Markdown with fixed widths, for a terminal and for the docs. */
export function renderMarkdown({ title, head, rows }: Table): string {
    const escaped = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
    const widths = widthsOf(escaped[0] ?? [], escaped.slice(1));
    const line = (row: readonly string[]) =>
        `| ${widths.map((width, column) => (row[column] ?? "").padEnd(width)).join(" | ")} |`;
    const [first = [], ...rest] = escaped;
    return [`${title}:`, "", line(first), `| ${head.map(() => "---").join(" | ")} |`, ...rest.map(line)].join("\n");
}
