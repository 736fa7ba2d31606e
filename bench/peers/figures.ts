import { digits, type Figure, median } from "../figure";
import type { Table } from "../table";
import { MORE, STEPS, type Step, type Times } from "./peer";

/** What the runs of one tool gave. */
export interface Measured {
    name: string;
    alone?: boolean;
    lives: Times[];
    /** Bytes of a guest's QEMU, one number a run. */
    memory: number[];
}

const NAMES: Record<Step, (guests: number) => string> = {
    create: (guests) => `create of ${guests}`,
    unchanged: (guests) => `plan of ${guests}, nothing to do`,
    change: (guests) => `one argument changed on all ${guests}`,
    more: (guests) => `${MORE} more than ${guests}`,
    destroy: (guests) => `destroy of ${guests + MORE}`,
};
const MEMORY = "memory of a guest's QEMU (PSS)";

/** Upper limits of ours / OpenTofu; of ours − engine alone, in seconds, where there is nothing to do. */
const LIMITS: Partial<Record<Step, number>> = { create: 1, unchanged: 0.3, change: 0.5, destroy: 0.4 };
const MEMORY_LIMIT = 0.85;

const secondsOf = ({ lives }: Measured, step: Step): number | undefined => {
    const times = lives.flatMap((life) => life[step] ?? []);
    return times.length > 0 ? median(times) : undefined;
};

function find(measured: readonly Measured[], name: string): Measured {
    const found = measured.find((one) => one.name === name);
    if (!found) throw new Error(`${name} was not measured`);
    return found;
}

/** A quantity that every tool has, or lacks. */
interface Quantity {
    name: string;
    unit: Figure["unit"];
    of(one: Measured): number | undefined;
    limit?: number;
    /** Compare it with the engine alone. @default with OpenTofu */
    engine?: boolean;
}

const quantities = (guests: number): Quantity[] => [
    ...STEPS.map((step) => ({
        name: NAMES[step](guests),
        unit: "s" as const,
        of: (one: Measured) => secondsOf(one, step),
        limit: LIMITS[step],
        engine: step === "unchanged",
    })),
    { name: `${MEMORY}, one of ${guests}`, unit: "bytes", of: memoryOf, limit: MEMORY_LIMIT },
];

const memoryOf = ({ memory }: Measured): number | undefined => (memory.length > 0 ? median(memory) : undefined);

/**
 * Return two figures for each step and for the memory: by dynamic providers beside all others, and by the plugin, whose
 * values are beside the former already.
 */
export function figuresOf(guests: number, measured: readonly Measured[]): Figure[] {
    const [dynamic, plugin] = ["ours", "ours, by the plugin"].map((name) => find(measured, name));
    const figure = (quantity: Quantity, one: Measured): Figure => {
        const { name, unit, of, limit, engine } = quantity;
        const amountOf = (which: Measured) => of(which) ?? NaN;
        const [ours, other] = [amountOf(one), amountOf(find(measured, engine ? "engine alone" : "OpenTofu"))];
        const others = one === dynamic ? measured.filter((which) => which !== dynamic && of(which) !== undefined) : [];
        return {
            part: "peers",
            name: one === dynamic ? name : `${name}, by the plugin`,
            unit,
            ours,
            beside: Object.fromEntries(others.map((which) => [which.name, amountOf(which)])),
            measure: engine ? "ours − engine alone, s" : "ours / OpenTofu",
            value: engine ? ours - other : ours / other,
            limit,
        };
    };
    return [dynamic, plugin].flatMap((one) => quantities(guests).map((quantity) => figure(quantity, one!)));
}

/** Return the medians as a table: a row a step, a column a tool. */
export function tableOf(guests: number, runs: number, measured: readonly Measured[]): Table {
    const cell = (value: number | undefined, unit: number) => (value === undefined ? "–" : digits(value / unit));
    return {
        title: `Seconds for ${guests} guests, ${runs === 1 ? "one run" : `medians of ${runs} runs`}`,
        head: ["", ...measured.map(({ name }) => name)],
        rows: quantities(guests).map(({ name, unit, of }) => [
            unit === "bytes" ? `${name}, MiB` : name,
            ...measured.map((one) => cell(of(one), unit === "bytes" ? 2 ** 20 : 1)),
        ]),
    };
}
