import { renderColumns } from "./table";

/** One figure and its baseline, both from the same run. */
export interface Figure {
    part: string;
    /** The operation: `up`, `change of one argument`. */
    name: string;
    unit: "s" | "ms" | "bytes" | "";
    ours: number;
    /** The cost of the same without this package, by name: `engine`, `virsh`, `xorriso`. */
    beside: Record<string, number>;
    /** What `ours` consists of; drawn, and not in the table. */
    parts?: Record<string, number>;
    /** The quantity that the limit applies to, as a formula in words: `(ours − engine) / virsh`. */
    measure: string;
    value: number;
    /** The upper limit of value; undefined: measured for information. */
    limit?: number;
    /** Explanation in one sentence. */
    note?: string;
}

export function met({ value, limit }: Figure): boolean | undefined {
    return limit === undefined ? undefined : value <= limit;
}

const MIB = 2 ** 20;

export const digits = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2));
/** Render a value with its unit, as people read it. */
export function amount(value: number, unit: Figure["unit"]): string {
    if (unit === "") return String(value);
    if (unit !== "bytes") return `${digits(value)} ${unit}`;
    return value < MIB ? `${Math.round(value)} B` : `${digits(value / MIB)} MiB`;
}

const HEAD = ["figure", "ours", "beside it", "measured", "value", "wanted", ""];

/** Render the figures as a table with fixed-width columns; the last one shows a miss. */
export function renderTable(figures: readonly Figure[]): string {
    const rows = figures.map((figure) => [
        `${figure.part}: ${figure.name}`,
        amount(figure.ours, figure.unit),
        Object.entries(figure.beside)
            .map(([name, value]) => `${name} ${amount(value, figure.unit)}`)
            .join(", "),
        figure.measure,
        digits(figure.value),
        figure.limit === undefined ? "" : `≤ ${figure.limit}`,
        { true: "met", false: "MISSED", undefined: "" }[String(met(figure))] ?? "",
    ]);
    const notes = figures.filter(({ note }) => note).map(({ part, name, note }) => `  ${part}: ${name}: ${note}`);
    return [renderColumns(HEAD, rows), ...(notes.length > 0 ? ["", ...notes] : [])].join("\n");
}

/** Return the seconds that a piece of work took, and its result. */
export async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; result: T }> {
    const start = performance.now();
    const result = await work();
    return { seconds: (performance.now() - start) / 1000, result };
}

export function median(values: readonly number[]): number {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1
        ? (sorted[middle] ?? NaN)
        : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** Return what a further guest costs: the slope of the least-squares line. */
export function slopeOf(points: readonly { guests: number; total: number }[]): number {
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [x, y] = [mean(points.map(({ guests }) => guests)), mean(points.map(({ total }) => total))];
    const above = points.reduce((sum, { guests, total }) => sum + (guests - x) * (total - y), 0);
    return above / points.reduce((sum, { guests }) => sum + (guests - x) ** 2, 0);
}
