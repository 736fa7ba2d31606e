import { digits, type Figure } from "./figure";
import type { Table } from "./table";

/** Return the figures of a fleet as a table for the docs. */
export function tableOf(title: string, figures: readonly Figure[]): Table {
    const cell = (value: number | undefined) => (value === undefined ? "–" : digits(value));
    return {
        title,
        head: ["", "ours", "engine alone", "virsh", "measured", "", "wanted"],
        rows: figures.map(({ name, ours, beside, measure, value, limit }) => [
            name,
            digits(ours),
            cell(beside.engine),
            cell(beside.virsh),
            measure,
            digits(value),
            limit === undefined ? "" : `≤ ${limit}`,
        ]),
    };
}
