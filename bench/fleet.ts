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

/** Time a step. Previews before an operation are left out. */
async function time(stack: Stack, step: Step, parallel?: number): Promise<number> {
    const args = parallel ? ["--parallel", String(parallel)] : [];
    const options = { args, env: { BENCH_ROUND: step === "change" || step === "destroy" ? "1" : "0" } };
    return (await stack[step === "change" ? "up" : step](options)).seconds;
}

/** The seconds of one run. Its three parts follow each other closely, since a shared machine changes its speed. */
interface Run {
    ours: Times;
    engine: Times;
    virsh: Pick<Times, "up" | "change" | "destroy">;
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
    return figuresOf(ground, await measureRuns(place, ground));
}

async function measureRuns(place: Place, ground: Ground): Promise<{ all: Run[]; usual: Times | undefined }> {
    const { part, guests, runs, virsh } = ground;
    const options = { enter: ground.enter, env: { ...ground.env, BENCH_COUNT: String(guests), BENCH_ROUND: "0" } };
    const scratch = join(place.folder, part);
    await mkdir(scratch, { recursive: true });
    let domains: FloorDomain[] = [];
    let usual: Times | undefined;

    const all: Run[] = [];
    for (let run = 0; run < runs; run++) {
        place.log(`${part}: run ${run + 1} of ${runs}: ${guests} guests, --parallel ${PARALLEL}`);
        const ours = {} as Times;
        const engine = {} as Times;
        const noted = async (step: Step): Promise<void> => {
            if (step === "up") {
                await ground.whenUp?.();
                domains = await keep(ground, scratch);
            }
            if (step === "change") await keepDefinitions(ground, domains, "changed");
        };
        const eachStep = async (fleet: Stack, nothing: Stack): Promise<void> => {
            for (const step of steps) {
                ours[step] = await time(fleet, step, PARALLEL);
                engine[step] = await time(nothing, step, PARALLEL);
                if (run === 0) await noted(step);
            }
            if (run > 0 || !ground.usual) return;
            usual = {} as Times;
            for (const step of steps) usual[step] = await time(fleet, step);
        };
        await withStack(
            "bench/programs/fleet",
            "bench",
            (fleet) =>
                withStack("bench/programs/engine-alone", "bench", (nothing) => eachStep(fleet, nothing), options),
            options,
        );
        const floor = {
            up: (await timed(() => virsh.up(domains))).seconds,
            change: (await timed(() => virsh.change(domains))).seconds,
            destroy: (await timed(() => virsh.down(domains))).seconds,
        };
        all.push({ ours, engine, virsh: floor });
    }
    return { all, usual };
}

/** Return the medians of the runs, and the median of each run's own ratio. */
function figuresOf({ part, limits }: Ground, { all, usual }: { all: Run[]; usual: Times | undefined }): Figure[] {
    const middle = (of: (run: Run) => number) => median(all.map(of));
    const figure = (step: Step, name: string): Pick<Figure, "part" | "name" | "unit" | "ours" | "beside"> => ({
        part,
        name,
        unit: "s",
        ours: middle(({ ours }) => ours[step]),
        beside: {
            engine: middle(({ engine }) => engine[step]),
            ...(usual ? { "default parallelism": usual[step] } : {}),
        },
    });
    const overFloor = (step: "up" | "change" | "destroy", name: string): Figure => {
        const { beside, ...rest } = figure(step, name);
        return {
            ...rest,
            beside: { ...beside, virsh: middle(({ virsh }) => virsh[step]) },
            measure: "(ours − engine) / virsh",
            value: middle(({ ours, engine, virsh }) => (ours[step] - engine[step]) / virsh[step]),
            limit: limits[step],
        };
    };
    const overEngine = (step: "preview" | "refresh", name: string): Figure => ({
        ...figure(step, name),
        measure: "ours − engine, s",
        value: middle(({ ours, engine }) => ours[step] - engine[step]),
        limit: limits[step],
    });
    return [
        overFloor("up", "up"),
        overEngine("preview", "preview, nothing to do"),
        overEngine("refresh", "refresh, nothing drifted"),
        overFloor("change", "one argument changed on all"),
        overFloor("destroy", "destroy"),
    ];
}
