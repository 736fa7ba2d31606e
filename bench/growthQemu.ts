import { withStack } from "../tests/support/engine";
import { type Figure, slopeOf } from "./figure";
import { peakMemory } from "./memory";
import type { Place } from "./place";

/** Largest last; the engine's start is in all of them. */
const SIZES = [25, 50, 100];
const PARALLEL = 32;
/** Both ends of "linear". */
const LINEAR = 1.2;
const MEMORY_LIMIT = 300 * 2 ** 20;
/** For a hundred guests on a busy machine. */
const TIMEOUT_MS = 1_800_000;

const NAMES = {
    up: "up",
    preview: "preview, nothing to do",
    refresh: "refresh, nothing drifted",
    change: "one argument changed on all",
    destroy: "destroy",
} as const;
type Step = keyof typeof NAMES;
const steps = Object.keys(NAMES) as Step[];

export interface QemuRun {
    guests: number;
    seconds: Record<Step, number>;
}

/**
 * Measure 25, 50 and 100 test kernels that run on one libvirt host: seconds that a further guest costs in each step of
 * `pulumi`, and the memory of the dynamic provider with the most guests.
 */
export async function growthQemu(place: Place): Promise<Figure[]> {
    const host = await place.host();
    const kernel = await place.kernel();
    const runs: QemuRun[] = [];
    let memory = 0;
    for (const guests of SIZES) {
        place.log(`growth-qemu: ${guests} guests`);
        const env = {
            ...host.env,
            BENCH_PLATFORM: "kvm",
            BENCH_CONNECTION: host.uri,
            BENCH_KERNEL: kernel,
            BENCH_COUNT: String(guests),
            BENCH_RUN: `${process.pid}-growth-${guests}`,
        };
        const seconds = {} as QemuRun["seconds"];
        memory = await peakMemory(`BENCH_RUN=${env.BENCH_RUN}`, /dynamic-provider|pulumi-resource-pulumi-nodejs/, () =>
            withStack(
                "bench/programs/fleet",
                "bench",
                async (stack) => {
                    for (const step of steps) {
                        const round = step === "change" || step === "destroy" ? "1" : "0";
                        const options = { env: { BENCH_ROUND: round }, timeout: TIMEOUT_MS };
                        seconds[step] = (await stack[step === "change" ? "up" : step](options)).seconds;
                    }
                },
                { enter: host.enter, env, parallel: PARALLEL },
            ),
        );
        runs.push({ guests, seconds });
    }
    return [...steps.map((step) => qemuFigure(step, runs)), memoryFigure(memory)];
}

/** Return the figure of one step. What does not depend on the guests, as the engine's start, is in no difference. */
export function qemuFigure(step: Step, runs: readonly QemuRun[]): Figure {
    const points = runs.map(({ guests, seconds }) => ({ guests, total: seconds[step] }));
    const [small, middle, large] = points as [Point, Point, Point];
    const slope = (from: Point, to: Point) => (to.total - from.total) / (to.guests - from.guests);
    return {
        part: "growth-qemu",
        name: NAMES[step],
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
