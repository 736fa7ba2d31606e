import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Stack, withStack } from "../tests/support/engine";
import { type Figure, median, timed } from "./figure";
import { tableOf } from "./fleetTable";
import { type FloorHost, keep, keepDefinitions } from "./floor";
import type { Place } from "./place";
import { previewOfOne } from "./previewOfOne";
import type { Table } from "./table";
import { type FloorDomain, Virsh } from "./virsh";

const GUESTS = 30;
const PARALLEL = 32;
/** Seconds over the engine alone for a preview or a refresh in which nothing changed. */
const UNCHANGED = 0.3;

/** The host of a fleet, its program, and the baselines. */
export interface Ground extends FloorHost {
    part: string;
    runs: number;
    /** Environment of the program bench/programs/fleet: BENCH_PLATFORM, BENCH_CONNECTION, BENCH_KERNEL … */
    env: Record<string, string>;
    /** Prefix of a command that runs the program in the host's network. */
    enter?: string[];
    /** Upper limits of (ours − engine) / virsh; of preview and refresh: of ours − engine in seconds. */
    limits: Partial<Record<Step, number>>;
    /** Measure it once with the engine's default parallelism too. */
    usual: boolean;
    /** Called when the fleet is up for the first time. */
    whenUp?(): Promise<void>;
}

const steps = ["up", "preview", "refresh", "change", "destroy"] as const;
type Step = (typeof steps)[number];
type Times = Record<Step, number>;

/**
 * Time every step of a stack: the same steps for the fleet and for the engine alone. Previews before an operation are
 * left out.
 */
async function live(
    stack: Stack,
    parallel?: number,
    between: Partial<Record<Step, () => Promise<void>>> = {},
): Promise<Times> {
    const args = parallel ? ["--parallel", String(parallel)] : [];
    const times = {} as Times;
    for (const step of steps) {
        const options = { args, env: { BENCH_ROUND: step === "change" || step === "destroy" ? "1" : "0" } };
        times[step] = (await stack[step === "change" ? "up" : step](options)).seconds;
        await between[step]?.();
    }
    return times;
}

/** Measure 30 guests on KVM, and the preview of one. */
export async function fleet(
    place: Place,
    { runs = 3 }: { runs?: number },
): Promise<{ figures: Figure[]; tables: Table[] }> {
    const host = await place.host();
    const env = { ...host.env, BENCH_PLATFORM: "kvm", BENCH_CONNECTION: host.uri, BENCH_KERNEL: await place.kernel() };
    const figures = await measureFleet(place, {
        part: "fleet",
        guests: GUESTS,
        runs,
        enter: host.enter,
        env,
        usual: true,
        virsh: new Virsh(host.uri),
        folder: host.env.PULUMI_UNIKERNEL_DIR,
        copy: (from, to) => cp(from, to, { recursive: true }),
        limits: { up: 1, preview: UNCHANGED, refresh: UNCHANGED, change: 0.9, destroy: 1 },
    });
    const one = await previewOfOne(place, { runs, enter: host.enter, env, limit: UNCHANGED });
    return { figures: [...figures, one], tables: [tableOf(`Seconds for ${GUESTS} guests`, [...figures, one])] };
}

/** Measure guests through up, no-op preview, refresh, a change of one argument on all, and destroy. */
export async function measureFleet(place: Place, ground: Ground): Promise<Figure[]> {
    const { part, guests, runs, virsh, limits } = ground;
    const options = { enter: ground.enter, env: { ...ground.env, BENCH_COUNT: String(guests), BENCH_ROUND: "0" } };
    const scratch = join(place.folder, part);
    await mkdir(scratch, { recursive: true });
    let domains: FloorDomain[] = [];

    const ours: Times[] = [],
        engines: Times[] = [],
        floors: Pick<Times, "up" | "change" | "destroy">[] = [];
    let usual: Times | undefined;
    // Alternating, so that other load on the machine affects all three alike.
    for (let run = 0; run < runs; run++) {
        place.log(`${part}: run ${run + 1} of ${runs}: ${guests} guests, --parallel ${PARALLEL}`);
        const first = run === 0;
        await withStack(
            "bench/programs/fleet",
            "bench",
            async (stack) => {
                ours.push(
                    await live(stack, PARALLEL, {
                        up: async () => {
                            if (first) {
                                await ground.whenUp?.();
                                domains = await keep(ground, scratch);
                            }
                        },
                        change: async () => {
                            if (first) await keepDefinitions(ground, domains, "changed");
                        },
                    }),
                );
                if (first && ground.usual) usual = await live(stack);
            },
            options,
        );
        engines.push(
            await withStack("bench/programs/engine-alone", "bench", (stack) => live(stack, PARALLEL), options),
        );
        floors.push({
            up: (await timed(() => virsh.up(domains))).seconds,
            change: (await timed(() => virsh.change(domains))).seconds,
            destroy: (await timed(() => virsh.down(domains))).seconds,
        });
    }
    const middle = <Key extends string>(times: Record<Key, number>[], step: Key) =>
        median(times.map((one) => one[step]));

    const figure = (
        step: Step,
        name: string,
    ): Pick<Figure, "part" | "name" | "unit" | "ours"> & { engine: number; beside: Record<string, number> } => {
        const engine = middle(engines, step);
        return {
            part,
            name,
            unit: "s",
            ours: middle(ours, step),
            engine,
            beside: { engine, ...(usual ? { "default parallelism": usual[step] } : {}) },
        };
    };
    const overFloor = (step: "up" | "change" | "destroy", name: string): Figure => {
        const { engine, beside, ...rest } = figure(step, name);
        const floor = middle(floors, step);
        return {
            ...rest,
            beside: { ...beside, virsh: floor },
            measure: "(ours − engine) / virsh",
            value: (rest.ours - engine) / floor,
            limit: limits[step],
        };
    };
    const overEngine = (step: "preview" | "refresh", name: string): Figure => {
        const { engine, ...rest } = figure(step, name);
        return { ...rest, measure: "ours − engine, s", value: rest.ours - engine, limit: limits[step] };
    };
    return [
        overFloor("up", "up"),
        overEngine("preview", "preview, nothing to do"),
        overEngine("refresh", "refresh, nothing drifted"),
        overFloor("change", "one argument changed on all"),
        overFloor("destroy", "destroy"),
    ];
}
