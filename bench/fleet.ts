import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Stack, withStack } from "../tests/support/engine";
import { type Figure, median, timed } from "./figure";
import type { Place } from "./place";
import { type FloorDomain, Virsh } from "./virsh";

const PARALLEL = 32;

/** The host of a fleet, its program, and the baselines. */
export interface Ground {
    part: string;
    guests: number;
    runs: number;
    /** Environment of the program bench/programs/fleet: BENCH_PLATFORM, BENCH_CONNECTION, BENCH_KERNEL … */
    env: Record<string, string>;
    /** Prefix of a command that runs the program in the host's network. */
    enter?: string[];
    virsh: Virsh;
    /** The folder of guests' files on the host. */
    folder: string;
    /** Copy a folder on the host. */
    copy(from: string, to: string): Promise<unknown>;
    /** Upper limits of (ours − engine) / virsh, and of ours − engine in seconds. */
    limits: { up: number; change: number; destroy: number; unchanged?: number };
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

/** Measure 30 guests on KVM. */
export async function fleet(place: Place): Promise<Figure[]> {
    const host = await place.host();
    return measureFleet(place, {
        part: "fleet",
        guests: 30,
        runs: 3,
        enter: host.enter,
        env: { ...host.env, BENCH_PLATFORM: "kvm", BENCH_CONNECTION: host.uri, BENCH_KERNEL: await place.kernel() },
        virsh: new Virsh(host.uri),
        folder: host.env.PULUMI_UNIKERNEL_DIR,
        copy: (from, to) => cp(from, to, { recursive: true }),
        limits: { up: 1.0, change: 1.2, destroy: 1.2, unchanged: 0.5 },
    });
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
                if (first) usual = await live(stack);
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
            beside: { engine, "default parallelism": usual?.[step] ?? NaN },
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
        return { ...rest, measure: "ours − engine, s", value: rest.ours - engine, limit: limits.unchanged };
    };
    return [
        overFloor("up", "up"),
        overEngine("preview", "preview, nothing to do"),
        overEngine("refresh", "refresh, nothing drifted"),
        overFloor("change", "one argument changed on all"),
        overFloor("destroy", "destroy"),
    ];
}

/** Save the domains' definitions and boot files for virsh, because destroy removes them. */
async function keep(ground: Ground, scratch: string): Promise<FloorDomain[]> {
    const names = (await ground.virsh.one("list", "--all", "--name"))
        .split("\n")
        .filter((name) => name.startsWith("guest-"));
    if (names.length !== ground.guests) throw new Error(`${names.length} domains after up, not ${ground.guests}`);
    const domains = names.map((name) => ({
        name,
        file: join(scratch, `${name}.xml`),
        changed: join(scratch, `${name}.changed.xml`),
    }));
    await keepDefinitions(ground, domains, "file");
    return domains;
}

async function keepDefinitions(
    { virsh, folder, copy }: Ground,
    domains: FloorDomain[],
    which: "file" | "changed",
): Promise<void> {
    for (const domain of domains) {
        const xml = await virsh.one("dumpxml", "--inactive", domain.name);
        const uuid = /<uuid>([^<]+)<\/uuid>/.exec(xml)?.[1] ?? "";
        const own = `${folder}/floor-${which}-${uuid}`;
        await copy(`${folder}/${uuid}`, own);
        await writeFile(domain[which], xml.replaceAll(`${folder}/${uuid}`, own));
    }
}
