import Table from "cli-table3";
import { printable } from "../model";

/** One cell; `colour` is a parameter of ECMA-48's SGR, such as 31 for red. */
export type Cell = string | { text: string; colour: number };

export interface Shape {
    /** The table is cut to this width. Left out: it is as wide as its text. */
    columns?: number;
    colours?: boolean;
}

const GAP = 2;
/** No column is cut below this width: a narrower terminal breaks the lines. */
const LEAST = 4;

/** Render rows in columns, without borders: the first row is the heading. Text that is cut ends in an ellipsis. */
export function renderTable(rows: Cell[][], { columns, colours = false }: Shape = {}): string {
    const shown = rows.map((row) => row.map((cell) => (typeof cell === "string" ? { text: cell } : cell)));
    const clean = shown.map((row) => row.map((cell) => ({ ...cell, text: oneLine(cell.text) })));
    const table = new Table({
        chars: NO_BORDERS,
        style: { head: [], border: [], "padding-left": 0, "padding-right": GAP },
        ...(columns === undefined ? {} : { colWidths: fitted(widths(clean), columns) }),
    });
    table.push(
        ...clean.map((row) =>
            row.map(({ text, ...rest }) =>
                colours && "colour" in rest ? `\u001b[${rest.colour}m${text}\u001b[39m` : text,
            ),
        ),
    );
    return table
        .toString()
        .split("\n")
        .map((line) => line.trimEnd())
        .join("\n");
}

const NO_BORDERS = Object.fromEntries(
    [
        ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
        ...["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"],
    ].map((place) => [place, ""]),
);

function oneLine(text: string): string {
    return printable(text).replaceAll(/\s+/g, " ");
}

function widths(rows: { text: string }[][]): number[] {
    const count = Math.max(...rows.map((row) => row.length));
    return Array.from({ length: count }, (_, column) =>
        Math.max(LEAST, ...rows.map((row) => [...(row[column]?.text ?? "")].length)),
    );
}

/** Return the widths with their gaps, where the widest columns give way first. */
function fitted(natural: number[], columns: number): number[] {
    const result = natural.map((width) => width + GAP);
    // The last gap is cut off with the end of the line.
    for (let over = result.reduce((sum, width) => sum + width, -GAP) - columns; over > 0; over--) {
        const widest = Math.max(...result);
        if (widest <= LEAST + GAP) break;
        result[result.lastIndexOf(widest)] = widest - 1;
    }
    return result;
}
