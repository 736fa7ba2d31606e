import { withStack } from "../tests/support/engine";
import { type Figure, median, slopeOf } from "./figure";
import { peakMemory } from "./memory";
import type { Place } from "./place";
import { type Seconds, STEP_NAMES, STEPS, type Step, timeSteps } from "./steps";

/** Largest last; the engine's start is in all of them. */
const SIZES = [25, 50, 100];
const PARALLEL = 32;
/** Both ends of "linear". */
const LINEAR = 1.2;
/** The command line of the process in which dynamic providers run. */
const PROVIDER = /dynamic-provider|pulumi-resource-pulumi-nodejs/;
const MEMORY_LIMIT = 300 * 2 ** 20;
/** For a hundred guests on a busy machine. */
const TIMEOUT_MS = 1_800_000;

export interface QemuRun {
    guests: number;
    seconds: Seconds;
}

/**
 * Measure 25, 50 and 100 test kernels that run on one libvirt host: seconds that a further guest costs in each step of
 * `pulumi`, medians of three runs, and the most memory that the dynamic provider had.
 */
export async function growthQemu(place: Place, { runs: rounds = 3 }: { runs?: number } = {}): Promise<Figure[]> {
    const all = SIZES.map((guests) => ({ guests, runs: [] as Seconds[] }));
    let memory = 0;
    // By turns, since a shared machine changes its speed.
    for (let round = 0; round < rounds; round++)
        for (const { guests, runs } of all) {
            place.log(`growth-qemu: run ${round + 1} of ${rounds}: ${guests} guests`);
            const { seconds, peak } = await live(place, guests);
            runs.push(seconds);
            memory = Math.max(memory, peak);
        }
    const middle = all.map(({ guests, runs }): QemuRun => {
        const of = (step: Step) => median(runs.map((seconds) => seconds[step]));
        return { guests, seconds: Object.fromEntries(STEPS.map((step) => [step, of(step)])) as Seconds };
    });
    return [...STEPS.map((step) => qemuFigure(step, middle)), memoryFigure(memory)];
}

/** Return the seconds of each step, and the bytes that the provider had at most. */
async function live(place: Place, guests: number): Promise<{ seconds: Seconds; peak: number }> {
    const host = await place.host();
    const env = {
        ...host.env,
        BENCH_PLATFORM: "kvm",
        BENCH_CONNECTION: host.uri,
        BENCH_KERNEL: await place.kernel(),
        BENCH_COUNT: String(guests),
        BENCH_RUN: `${process.pid}-growth-${guests}`,
    };
    let seconds = {} as Seconds;
    const peak = await peakMemory(`BENCH_RUN=${env.BENCH_RUN}`, PROVIDER, () =>
        withStack(
            "bench/programs/fleet",
            "bench",
            async (stack) => {
                seconds = await timeSteps(stack, TIMEOUT_MS);
            },
            { enter: host.enter, env, parallel: PARALLEL },
        ),
    );
    return { seconds, peak };
}

/** Return the figure of one step. What does not depend on the guests, as the engine's start, is in no difference. */
export function qemuFigure(step: Step, runs: readonly QemuRun[]): Figure {
    const points = runs.map(({ guests, seconds }) => ({ guests, total: seconds[step] }));
    const [small, middle, large] = points as [Point, Point, Point];
    const slope = (from: Point, to: Point) => (to.total - from.total) / (to.guests - from.guests);
    return {
        part: "growth-qemu",
        name: STEP_NAMES[step],
        unit: "ms",
        ours: slopeOf(points) * 1000,
        beside: Object.fromEntries(points.map(({ guests, total }) => [`all ${guests}`, total * 1000])),
        measure: `a guest from ${middle.guests} to ${large.guests} / a guest from ${small.guests} to ${large.guests}`,
        value: slope(middle, large) / slope(small, large),
        limit: LINEAR,
    };
}

type Point = { guests: number; total: number };

function memoryFigure(memory: number): Figure {
    return {
        part: "growth-qemu",
        name: `memory of the provider's process, ${SIZES.at(-1)} guests, at most`,
        unit: "bytes",
        ours: memory,
        beside: {},
        measure: "of 300 MiB",
        value: memory / MEMORY_LIMIT,
        limit: 1,
    };
}
