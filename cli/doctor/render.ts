import { printable } from "../../model";
import { type Result, type Status, wouldWork } from "./finding";

const MARKS: Record<Status, string> = { ok: "ok  ", warn: "warn", fail: "FAIL", skip: "-   " };
const INDENT = " ".repeat(6);

/** Render one result for a terminal: mark, title and finding, then the command that fixes it. */
export function renderResult({ status, title, found, fix, note }: Result): string {
    const lines = [`${MARKS[status]}  ${title}: ${found}`];
    if (fix) lines.push(...fix.split("\n").map((line) => `${INDENT}$ ${line}`));
    if (note) lines.push(`${INDENT}${note}`);
    return printable(lines.join("\n"));
}

/** Render the last line, which explains the exit code. */
export function renderSummary(results: readonly Result[]): string {
    const count = (status: Status) => results.filter((result) => result.status === status).length;
    const counts = [`${count("ok")} ok`, `${count("warn")} to know`, `${count("fail")} to mend`].join(", ");
    return `${counts}: \`pulumi up\` ${wouldWork(results) ? "would work" : "would not work"}`;
}

/** Render the document of `--json`. */
export function renderJson(connection: string, results: readonly Result[]): string {
    return JSON.stringify({ connection, works: wouldWork(results), checks: results }, null, 2);
}
