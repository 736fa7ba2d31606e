import type { StepResult } from "../../selftest";
import { printable } from "../../spec";

const MARKS: Record<StepResult["status"], string> = { held: "held  ", failed: "FAILED", skipped: "-     " };
const TITLE_WIDTH = 44;

/** One row of the table: what became of it, the step, its seconds, and what was seen. */
export function renderStep({ status, title, seconds, found }: StepResult): string {
    return printable(`${MARKS[status]}  ${title.padEnd(TITLE_WIDTH)} ${seconds.toFixed(1).padStart(6)} s  ${found}`);
}

/** The last line: what the exit code means. */
export function renderSummary(steps: readonly StepResult[]): string {
    const count = steps.filter(({ status }) => status === "held").length;
    const kills = steps.reduce((sum, step) => sum + (step.kills ?? 0), 0);
    return `${count} of ${steps.length} held, with ${kills} kills: ${held(steps) ? "this host does what is promised" : "what failed is told above"}`;
}

/** The document of `--json`. */
export function renderJson(steps: readonly StepResult[]): string {
    return JSON.stringify({ held: held(steps), steps }, null, 2);
}

/** What the exit code is made of. */
export function held(steps: readonly StepResult[]): boolean {
    return steps.every(({ status }) => status === "held");
}
