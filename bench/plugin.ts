import { median, type Figure } from "./figure";
import { peakMemory } from "./memory";
import type { Place } from "./place";
import { withStack, type Stack, type StateResource } from "../tests/support/engine";

const GUESTS = Number(process.env.BENCH_GUESTS ?? 100);
const RUNS = 3;
const PARALLEL = 16;
const HOSTS = ["dynamic", "plugin"] as const;
const STEPS = ["up", "preview", "refresh", "change", "destroy"] as const;
type Host = (typeof HOSTS)[number];
type Step = (typeof STEPS)[number];

interface Life { seconds: Record<Step, number>; memory: number; resources: StateResource[] }

const NAMES: Record<Step, string> = {
    up: "up", preview: "preview, nothing to do", refresh: "refresh, nothing drifted", change: "one argument changed on all", destroy: "destroy",
};

/** The same guests by the plugin and by dynamic providers, by turns: seconds, memory of the provider's process, bytes of state. */
export async function plugin(place: Place): Promise<Figure[]> {
    const host = await place.host();
    const common = { ...host.env, BENCH_CONNECTION: host.uri, BENCH_KERNEL: await place.kernel(), BENCH_COUNT: String(GUESTS) };
    const lives: Record<Host, Life[]> = { dynamic: [], plugin: [] };
    for (let run = 0; run < RUNS; run++) {
        // The one that comes second finds caches warm: they take turns in that, too.
        for (const by of run % 2 === 0 ? HOSTS : [...HOSTS].reverse()) {
            place.log(`plugin: run ${run + 1} of ${RUNS}: ${GUESTS} guests by ${by}`);
            const marked = { ...common, BENCH_BY: by, BENCH_RUN: `${process.pid}-${run}-${by}` };
            lives[by].push(await withStack("bench/programs/plugin", "bench", (stack) => live(stack, marked), { enter: host.enter, env: marked, parallel: PARALLEL }));
        }
    }
    const middle = (by: Host, of: (life: Life) => number) => median(lives[by].map(of));
    const beside = (name: string, unit: Figure["unit"], of: (life: Life) => number, limit = 1): Figure => {
        const [ours, dynamic] = [middle("plugin", of), middle("dynamic", of)];
        return { part: "plugin", name, unit, ours, beside: { dynamic }, measure: "plugin / dynamic", value: ours / dynamic, limit };
    };
    return [
        ...STEPS.map((step) => beside(NAMES[step], "s", ({ seconds }) => seconds[step])),
        beside("memory of the provider's process, at most", "bytes", ({ memory }) => memory),
        ...["Unikernel", "NetworkInterface", "BlockImage"].map((kind) => stateFigure(kind, lives)),
    ];
}

async function live(stack: Stack, env: Record<string, string>): Promise<Life> {
    const seconds = {} as Record<Step, number>;
    let resources: StateResource[] = [];
    const memory = await peakMemory(`BENCH_RUN=${env.BENCH_RUN}`, /dynamic-provider|pulumi-resource-(pulumi-nodejs|unikernel)/, async () => {
        for (const step of STEPS) {
            const round = { BENCH_ROUND: step === "change" || step === "destroy" ? "1" : "0" };
            seconds[step] = (await stack[step === "change" ? "up" : step]({ env: round })).seconds;
            if (step === "up") ({ resources } = await stack.exportState());
        }
    });
    return { seconds, memory, resources };
}

/** Bytes in state of the middle one of a kind. */
function stateFigure(kind: string, lives: Record<Host, Life[]>): Figure {
    const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? "");
    const sizes = (by: Host, of: (resource: StateResource) => number) =>
        median((lives[by][0]?.resources ?? []).filter(({ type }) => type.endsWith(`:${kind}`)).map(of));
    const [ours, dynamic] = [sizes("plugin", size), sizes("dynamic", size)];
    const [inputs, outputs] = [sizes("plugin", ({ inputs: own }) => size(own)), sizes("plugin", ({ outputs: own }) => size(own))];
    return {
        part: "plugin", name: `state of a ${kind}`, unit: "bytes", ours, beside: { dynamic, inputs, outputs, engine: ours - inputs - outputs },
        measure: "bytes in state", value: ours, limit: 2048,
    };
}
