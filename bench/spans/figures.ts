import { digits, type Figure, median } from "../figure";
import type { Table } from "../table";
import { ENGINE, OTHER, SPANS } from "./names";

/** One create, and the engine alone, in seconds. */
export interface Run {
    seconds: number;
    spans: ReadonlyMap<string, number>;
    engineAlone: number;
}

/** What is in no span, and what the medians of the spans add up to more or less than that of the whole. */
const LIMIT = 0.05;

const medianOf = (runs: readonly Run[], of: (run: Run) => number) => median(runs.map(of));
const spanOf = (runs: readonly Run[], name: string) => medianOf(runs, ({ spans }) => spans.get(name) ?? NaN);

/** Return the create beside the engine alone, with its spans. */
export function figureOf(runs: readonly Run[]): Figure {
    const ours = medianOf(runs, ({ seconds }) => seconds);
    const parts = Object.fromEntries(Object.keys(SPANS).map((name) => [name, spanOf(runs, name)]));
    const named = Object.entries(parts).reduce((sum, [name, seconds]) => sum + (name === OTHER ? 0 : seconds), 0);
    return {
        part: "spans",
        name: "create of one guest",
        unit: "s",
        ours,
        beside: { "engine alone": medianOf(runs, ({ engineAlone }) => engineAlone) },
        parts,
        measure: "in no span / ours",
        value: Math.abs(ours - named) / ours,
        limit: LIMIT,
        note: `"${ENGINE}" is measured in the same run, with a guest, and "engine alone" is one of a resource that does nothing`,
    };
}

/** Return the spans as a table, with what each is. */
export function tableOf(runs: readonly Run[]): Table {
    const whole = medianOf(runs, ({ seconds }) => seconds);
    const row = (name: string, seconds: number, what: string) => [
        name,
        digits(seconds),
        `${Math.round((100 * seconds) / whole)} %`,
        what,
    ];
    return {
        title: `Seconds of one create, ${runs.length === 1 ? "one run" : `medians of ${runs.length} runs`}`,
        head: ["span", "s", "share", "what it is"],
        rows: [
            ...Object.entries(SPANS).map(([name, what]) => row(name, spanOf(runs, name), what)),
            row("the whole", whole, "`pulumi up --skip-preview` of one guest with readiness"),
            row(
                "engine alone",
                medianOf(runs, ({ engineAlone }) => engineAlone),
                "the same with a resource that does nothing",
            ),
        ],
    };
}
