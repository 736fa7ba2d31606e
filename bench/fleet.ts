import { mkdirSync } from "node:fs";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { median, timed, type Figure } from "./figure";
import { withStack, type Stack } from "../tests/support/engine";
import type { Place } from "./place";
import { Virsh, type FloorDomain } from "./virsh";

const GUESTS = 30;
const PARALLEL = 32;
const RUNS = 3;

const steps = ["up", "preview", "refresh", "change", "destroy"] as const;
type Step = (typeof steps)[number];
type Times = Record<Step, number>;

/** One whole life of a stack: the same steps for the fleet and for the engine alone. Previews before the act are left out. */
async function live(stack: Stack, parallel?: number, between: Partial<Record<Step, () => Promise<void>>> = {}): Promise<Times> {
    const args = parallel ? ["--parallel", String(parallel)] : [];
    const times = {} as Times;
    for (const step of steps) {
        const options = { args, env: { BENCH_ROUND: step === "change" || step === "destroy" ? "1" : "0" } };
        times[step] = (await stack[step === "change" ? "up" : step](options)).seconds;
        await between[step]?.();
    }
    return times;
}

/** 30 guests through up, no-op preview, refresh, a change of one argument on all, and destroy. */
export async function fleet(place: Place): Promise<Figure[]> {
    const { log } = place;
    const [host, kernel] = [await place.host(), await place.kernel()];
    const env = { ...host.env, BENCH_COUNT: String(GUESTS), BENCH_ROUND: "0", BENCH_CONNECTION: host.uri, BENCH_KERNEL: kernel };
    const options = { enter: host.enter, env };
    const virsh = new Virsh(host.uri);
    const guests = host.env.PULUMI_UNIKERNEL_DIR;
    const floorFolder = join(guests, "floor");
    let domains: FloorDomain[] = [];

    const ours: Times[] = [], engines: Times[] = [], floors: Pick<Times, "up" | "change" | "destroy">[] = [];
    let usual: Times | undefined;
    // By turns: what else the machine does falls on all three alike.
    for (let run = 0; run < RUNS; run++) {
        log(`fleet: run ${run + 1} of ${RUNS}: ${GUESTS} guests, --parallel ${PARALLEL}`);
        const first = run === 0;
        await withStack("bench/programs/fleet", "bench", async (stack) => {
            ours.push(await live(stack, PARALLEL, {
                up: async () => { if (first) domains = await keep(virsh, guests, floorFolder); },
                change: async () => { if (first) await keepDefinitions(virsh, guests, floorFolder, domains, "changed"); },
            }));
            if (first) usual = await live(stack);
        }, options);
        engines.push(await withStack("bench/programs/engine-alone", "bench", (stack) => live(stack, PARALLEL), options));
        floors.push({
            up: (await timed(() => virsh.up(domains))).seconds,
            change: (await timed(() => virsh.change(domains))).seconds,
            destroy: (await timed(() => virsh.down(domains))).seconds,
        });
    }
    const middle = <Key extends string>(times: Record<Key, number>[], step: Key) => median(times.map((one) => one[step]));

    const figure = (step: Step, name: string): Pick<Figure, "part" | "name" | "unit" | "ours"> & { engine: number; beside: Record<string, number> } => {
        const engine = middle(engines, step);
        return { part: "fleet", name, unit: "s", ours: middle(ours, step), engine, beside: { engine, "default parallelism": usual?.[step] ?? NaN } };
    };
    const overFloor = (step: "up" | "change" | "destroy", name: string, limit: number): Figure => {
        const { engine, beside, ...rest } = figure(step, name);
        const floor = middle(floors, step);
        return { ...rest, beside: { ...beside, virsh: floor }, measure: "(ours − engine) / virsh", value: (rest.ours - engine) / floor, limit };
    };
    const overEngine = (step: "preview" | "refresh", name: string): Figure => {
        const { engine, ...rest } = figure(step, name);
        return { ...rest, measure: "ours − engine, s", value: rest.ours - engine, limit: 0.5 };
    };
    return [
        overFloor("up", "up", 1.0),
        overEngine("preview", "preview, nothing to do"),
        overEngine("refresh", "refresh, nothing drifted"),
        overFloor("change", "one argument changed on all", 1.2),
        overFloor("destroy", "destroy", 1.2),
    ];
}

/** Keeps the domains' definitions and boot files for virsh: destroy removes them. */
async function keep(virsh: Virsh, guests: string, floor: string): Promise<FloorDomain[]> {
    mkdirSync(floor, { recursive: true, mode: 0o711 });
    const names = (await virsh.one("list", "--all", "--name")).split("\n").filter(Boolean);
    if (names.length !== GUESTS) throw new Error(`${names.length} domains after up, not ${GUESTS}`);
    const domains = names.map((name) => ({ name, file: join(floor, `${name}.xml`), changed: join(floor, `${name}.changed.xml`) }));
    await keepDefinitions(virsh, guests, floor, domains, "file");
    return domains;
}

async function keepDefinitions(virsh: Virsh, guests: string, floor: string, domains: FloorDomain[], which: "file" | "changed"): Promise<void> {
    for (const domain of domains) {
        const xml = await virsh.one("dumpxml", "--inactive", domain.name);
        const uuid = (/<uuid>([^<]+)<\/uuid>/.exec(xml)?.[1]) ?? "";
        const own = join(floor, which, uuid);
        await cp(join(guests, uuid), own, { recursive: true });
        await writeFile(domain[which], xml.replaceAll(join(guests, uuid), own));
    }
}
