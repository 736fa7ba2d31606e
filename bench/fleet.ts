import { mkdirSync } from "node:fs";
import { cp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { timed, type Figure } from "./figure";
import { Stack } from "./stack";
import type { Place } from "./place";
import { Virsh, type FloorDomain } from "./virsh";

const GUESTS = 30;
const PARALLEL = 32;

const steps = ["up", "preview", "refresh", "change", "destroy"] as const;
type Step = (typeof steps)[number];
type Times = Record<Step, number>;

/** One whole life of a stack: the same steps for the fleet and for the engine alone. */
async function live(stack: Stack, parallel?: number, between: Partial<Record<Step, () => Promise<void>>> = {}): Promise<Times> {
    const times = {} as Times;
    for (const step of steps) {
        times[step] = step === "change"
            ? await stack.time("up", { round: 1, parallel })
            : await stack.time(step, { round: step === "destroy" ? 1 : 0, parallel });
        await between[step]?.();
    }
    return times;
}

/** 30 guests through up, no-op preview, refresh, a change of one argument on all, and destroy. */
export async function fleet(place: Place): Promise<Figure[]> {
    const { folder, log } = place;
    const [host, kernel] = [await place.host(), await place.kernel()];
    const count = { BENCH_COUNT: String(GUESTS) };
    const virsh = new Virsh(host.uri);
    const floorFolder = join(host.env.PULUMI_UNIKERNEL_DIR, "floor");
    let domains: FloorDomain[] = [];

    const ours = new Stack(folder, "fleet.js", { ...count, ...host.env, BENCH_CONNECTION: host.uri, BENCH_KERNEL: kernel }, host.enter);
    await ours.init();
    log(`fleet: ${GUESTS} guests, --parallel ${PARALLEL}`);
    const wide = await live(ours, PARALLEL, {
        up: async () => { domains = await keep(virsh, host.env.PULUMI_UNIKERNEL_DIR, floorFolder); },
        change: async () => { await keepChanged(virsh, host.env.PULUMI_UNIKERNEL_DIR, floorFolder, domains); },
    });
    log("fleet: with the engine's default parallelism");
    const usual = await live(ours);

    log("fleet: the engine alone");
    const nothing = new Stack(folder, "engine-alone.js", count);
    await nothing.init();
    const engine = await live(nothing, PARALLEL);

    log("fleet: virsh with the same domains");
    const floor = {
        up: (await timed(() => virsh.up(domains))).seconds,
        change: (await timed(() => virsh.change(domains))).seconds,
        destroy: (await timed(() => virsh.down(domains))).seconds,
    };

    const overFloor = (step: "up" | "change" | "destroy", name: string, limit: number): Figure => ({
        part: "fleet", name, unit: "s", ours: wide[step],
        beside: { engine: engine[step], virsh: floor[step], "default parallelism": usual[step] },
        measure: "(ours − engine) / virsh", value: (wide[step] - engine[step]) / floor[step], limit,
    });
    const overEngine = (step: "preview" | "refresh", name: string): Figure => ({
        part: "fleet", name, unit: "s", ours: wide[step], beside: { engine: engine[step], "default parallelism": usual[step] },
        measure: "ours − engine, s", value: wide[step] - engine[step], limit: 0.5,
    });
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

async function keepChanged(virsh: Virsh, guests: string, floor: string, domains: FloorDomain[]): Promise<void> {
    await keepDefinitions(virsh, guests, floor, domains, "changed");
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
