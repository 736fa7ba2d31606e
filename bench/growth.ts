import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { child } from "./child";
import type { Figure } from "./figure";
import type { Place } from "./place";

/**
 * The steps of one guest's life, in their order. "check again" is the check of a preview in which nothing changed, and
 * "change" the update of one argument that restarts the guest.
 */
export const STEPS = ["check", "create", "check again", "diff", "refresh", "change", "delete"] as const;
export type Step = (typeof STEPS)[number];

export interface GrowthJob {
    kernel: string;
    guests: number;
}

/** Milliseconds for all guests together. */
export type GrowthTimes = Record<Step, { processor: number; elapsed: number }>;

const SIZES = [100, 250, 500, 1000];
/** Of the larger ELF file that all guests boot from: a rumprun nginx with its symbols has 23 MB. */
const KERNEL = { bytes: 22 << 20, symbols: 20_000 };
/** Both ends of "constant". */
const CONSTANT = 1.2;

/**
 * Measure the handlers over a host in memory, with fleets of 100 to 1000 guests: how much a guest costs in each step.
 * Processor time is compared, since other programs on the machine change it less than the elapsed time.
 */
export async function growth(place: Place): Promise<Figure[]> {
    const kernel = await largeKernel(place);
    const env = { XDG_CACHE_HOME: join(place.folder, "growth-cache") };
    const runs: { guests: number; times: GrowthTimes }[] = [];
    for (const guests of SIZES) {
        place.log(`growth: ${guests} guests`);
        runs.push({ guests, times: await child<GrowthTimes>("growth.ts", { kernel, guests }, { env }) });
    }
    return STEPS.map((step) => figureOf(step, runs));
}

export function figureOf(step: Step, runs: { guests: number; times: GrowthTimes }[]): Figure {
    const points = runs.map(({ guests, times }) => ({ guests, total: times[step].processor }));
    const each = points.map(({ guests, total }) => total / guests);
    const [first = NaN, last = NaN] = [each[0], each[each.length - 1]];
    return {
        part: "growth",
        name: step,
        unit: "ms",
        ours: slopeOf(points),
        beside: Object.fromEntries(points.map(({ guests }, index) => [`of ${guests}`, each[index] ?? NaN])),
        measure: "a guest of 1000 / a guest of 100",
        value: last / first,
        limit: CONSTANT,
    };
}

/** Return the milliseconds that a further guest costs: the slope of the least-squares line. */
function slopeOf(points: { guests: number; total: number }[]): number {
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [x, y] = [mean(points.map(({ guests }) => guests)), mean(points.map(({ total }) => total))];
    const above = points.reduce((sum, { guests, total }) => sum + (guests - x) * (total - y), 0);
    return above / points.reduce((sum, { guests }) => sum + (guests - x) ** 2, 0);
}

/** Make the test kernel as large as a real one, with as many symbols. It is recognised and hashed, and never started. */
async function largeKernel(place: Place): Promise<string> {
    const [padding, options, kernel] = ["padding", "symbols", "large.elf"].map((name) => join(place.folder, name)) as [
        string,
        string,
        string,
    ];
    await writeFile(padding, Buffer.alloc(KERNEL.bytes, "unikernel "));
    const symbols = [...Array(KERNEL.symbols).keys()].map((number) => `--add-symbol=padding_${number}=.text:0,global`);
    await writeFile(options, [`--add-section=.padding=${padding}`, ...symbols].join("\n"));
    await promisify(execFile)("objcopy", [`@${options}`, await place.kernel(), kernel]);
    return kernel;
}
