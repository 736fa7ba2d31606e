import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { child } from "./child";
import { type Figure, median, slopeOf } from "./figure";
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
    /** Over which they are placed. */
    hosts: number;
}

/** Milliseconds for all guests together. */
export type GrowthTimes = Record<Step, { processor: number; elapsed: number }>;

/** The sizes of fleets, by the number of their hosts. */
const SIZES: Record<number, readonly number[]> = { 1: [100, 250, 500, 1000], 3: [100, 200, 300] };
/** Of the larger ELF file that all guests boot from: a rumprun nginx with its symbols has 23 MB. */
const KERNEL = { bytes: 22 << 20, symbols: 20_000 };
/** Both ends of "constant". */
const CONSTANT = 1.2;

/**
 * Measure the handlers over a host in memory, with fleets of 100 to 1000 guests, and over three hosts with up to 300: how much a guest costs in each step, medians of three runs.
 * Processor time is compared, since other programs on the machine change it less than the elapsed time.
 */
export async function growth(place: Place, { runs: rounds = 3 }: { runs?: number } = {}): Promise<Figure[]> {
    const kernel = await largeKernel(place);
    const env = { XDG_CACHE_HOME: join(place.folder, "growth-cache") };
    const figures: Figure[] = [];
    for (const [hosts, sizes] of Object.entries(SIZES).map(([count, of]) => [Number(count), of] as const)) {
        const runs = sizes.map((guests) => ({ guests, times: [] as GrowthTimes[] }));
        // By turns, since a shared machine changes its speed.
        for (let round = 0; round < rounds; round++)
            for (const { guests, times } of runs) {
                place.log(`growth: run ${round + 1} of ${rounds}: ${guests} guests on ${hosts} host(s)`);
                const job: GrowthJob = { kernel, guests, hosts };
                times.push(await child<GrowthTimes>("growth.ts", job, { env }));
            }
        const middle = runs.map(({ guests, times }) => ({ guests, times: middleOf(times) }));
        figures.push(...STEPS.map((step) => figureOf(step, middle, hosts)));
    }
    return [...figures, await besideSlow(place, kernel, env)];
}

/** Return the medians of several runs of one fleet. */
export function middleOf(times: readonly GrowthTimes[]): GrowthTimes {
    const medianOf = (of: (one: GrowthTimes) => number) => median(times.map(of));
    return Object.fromEntries(
        STEPS.map((step) => [
            step,
            {
                processor: medianOf((one) => one[step].processor),
                elapsed: medianOf((one) => one[step].elapsed),
            },
        ]),
    ) as GrowthTimes;
}

interface Run {
    guests: number;
    times: GrowthTimes;
}

export function figureOf(step: Step, runs: Run[], hosts = 1): Figure {
    const points = runs.map(({ guests, times }) => ({ guests, total: times[step].processor }));
    const each = points.map(({ guests, total }) => total / guests);
    const [first = NaN, last = NaN] = [each[0], each[each.length - 1]];
    return {
        part: "growth",
        name: hosts > 1 ? `${step}, ${hosts} hosts` : step,
        unit: "ms",
        ours: slopeOf(points),
        beside: Object.fromEntries(points.map(({ guests }, index) => [`of ${guests}`, each[index] ?? NaN])),
        measure: `a guest of ${runs.at(-1)?.guests} / a guest of ${runs[0]?.guests}`,
        value: last / first,
        limit: CONSTANT,
    };
}

/** The members of a fleet that is created at once over three hosts, of which one may be slow. */
export interface BesideSlowJob {
    kernel: string;
    guests: number;
    /** Milliseconds by which each call to the slow host takes longer. */
    delay: number;
    /** How often both are done. */
    pairs: number;
}

/** Milliseconds until the last guest of the other hosts, and of the slow host, was created, without the delay and with it. */
export type BesideSlowTimes = Record<"quick" | "slow", { others: number; first: number }>;

const DELAY_MS = 200;
/** A create of all takes a third of a second, in which other programs of the machine show. */
const PAIRS = 9;

/** Compare how long the guests of two hosts take while a third one is as quick as they, and while its calls take 200 ms more. */
async function besideSlow(place: Place, kernel: string, env: Record<string, string>): Promise<Figure> {
    place.log(`growth: 60 guests on 3 hosts, of which one is ${DELAY_MS} ms away`);
    const job: BesideSlowJob = { kernel, guests: 60, delay: DELAY_MS, pairs: PAIRS };
    const runs = await child<BesideSlowTimes[]>("besideSlow.ts", job, { env });
    const middle = (of: (run: BesideSlowTimes) => number) => median(runs.map(of));
    return {
        part: "growth",
        name: `create of 60 at once, one of 3 hosts ${DELAY_MS} ms away`,
        unit: "ms",
        ours: middle(({ slow }) => slow.others),
        beside: {
            "no host away": middle(({ quick }) => quick.others),
            "the host that is away": middle(({ slow }) => slow.first),
        },
        measure: "the other hosts' guests / the same with no host away",
        value: middle(({ quick, slow }) => slow.others / quick.others),
        limit: CONSTANT,
    };
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
