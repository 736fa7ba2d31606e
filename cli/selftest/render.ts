import { printable } from "../../model";
import type { StepResult } from "../../selftest";

const MARKS: Record<StepResult["status"], string> = { held: "held  ", failed: "FAILED", skipped: "-     " };
const TITLE_WIDTH = 44;

/** Render one row of the table: status, step, seconds, finding. */
export function renderStep({ status, title, seconds, found }: StepResult): string {
    return printable(`${MARKS[status]}  ${title.padEnd(TITLE_WIDTH)} ${seconds.toFixed(1).padStart(6)} s  ${found}`);
}

/** Render the last line, which explains the exit code. */
export function renderSummary(steps: readonly StepResult[]): string {
    const count = steps.filter(({ status }) => status === "held").length;
    const kills = steps.reduce((sum, step) => sum + (step.kills ?? 0), 0);
    return `${count} of ${steps.length} held, with ${kills} kills: ${held(steps) ? "this host does what is promised" : "see the failures above"}`;
}

/** Render the document of `--json`. */
export function renderJson(steps: readonly StepResult[]): string {
    return JSON.stringify({ held: held(steps), steps }, null, 2);
}

/** Return whether every step held; the exit code follows from it. */
export function held(steps: readonly StepResult[]): boolean {
    return steps.every(({ status }) => status === "held");
}
