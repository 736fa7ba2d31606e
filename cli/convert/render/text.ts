import { printable } from "../../../model";
import type { Converted, Note } from "../declared";

/** Characters that a terminal executes or that turn text around (see printable), and those that end a line in one of the two languages. */
const RAW = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g;

/** Return text in double quotes, as both TypeScript and YAML read it. */
export function quoted(text: string): string {
    return JSON.stringify(text).replaceAll(RAW, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Return a note as one line for people. */
export function noteLine(kind: "not converted" | "note", { option, text }: Note): string {
    return printable(`${kind}: ${option}: ${text}`).replaceAll(/\s+/g, " ").trim();
}

/** Return the lines of the comment at a program's head, without the marks of a comment. */
export function headLines({ tool, lost, remarks }: Converted): string[] {
    return [
        `Converted from a line of ${tool} by \`pulumi-unikernel convert\`. Paths are relative to this program's folder.`,
        ...lost.map((note) => noteLine("not converted", note)),
        ...remarks.map((note) => noteLine("note", note)),
    ];
}
