import { cp } from "node:fs/promises";
import { join } from "node:path";
import { type Stack, type StateResource, withStack } from "../tests/support/engine";
import { type Figure, median } from "./figure";
import { peakMemory } from "./memory";
import type { Place } from "./place";

const GUESTS = 100;
const RUNS = 3;
const PARALLEL = 16;
const HOSTS = ["dynamic", "plugin"] as const;
const STEPS = ["up", "preview", "refresh", "change", "destroy"] as const;
type Host = (typeof HOSTS)[number];
type Step = (typeof STEPS)[number];

const KINDS = /unikernel:(index:)?(Unikernel|NetworkInterface|BlockImage)$/;

interface Life {
    seconds: Record<Step, number>;
    memory: number;
    resources: StateResource[];
}

const NAMES: Record<Step, string> = {
    up: "up",
    preview: "preview, nothing to do",
    refresh: "refresh, nothing drifted",
    change: "one argument changed on all",
    destroy: "destroy",
};

/**
 * Measure the same guests by the plugin and by dynamic providers, alternating: seconds, memory of the provider's
 * process, bytes of state.
 */
export async function plugin(place: Place): Promise<Figure[]> {
    const host = await place.host();
    const kernel = await place.kernel();
    const common = { ...host.env, BENCH_CONNECTION: host.uri, BENCH_KERNEL: "./kernel", BENCH_COUNT: String(GUESTS) };
    const lives: Record<Host, Life[]> = { dynamic: [], plugin: [] };
    for (let run = 0; run < RUNS; run++) {
        // The second one finds warm caches, so the order alternates too.
        for (const by of run % 2 === 0 ? HOSTS : [...HOSTS].reverse()) {
            place.log(`plugin: run ${run + 1} of ${RUNS}: ${GUESTS} guests by ${by}`);
            const marked = { ...common, BENCH_BY: by, BENCH_RUN: `${process.pid}-${run}-${by}` };
            lives[by].push(
                await withStack(
                    "bench/programs/plugin",
                    "bench",
                    async (stack) => {
                        // In the program's folder and by a short path, as in a user's program.
                        await cp(kernel, join(stack.folder, "kernel"));
                        return live(stack, marked);
                    },
                    { enter: host.enter, env: marked, parallel: PARALLEL },
                ),
            );
        }
    }
    const middle = (by: Host, of: (life: Life) => number) => median(lives[by].map(of));
    const beside = (name: string, unit: Figure["unit"], of: (life: Life) => number, limit = 1): Figure => {
        const [ours, dynamic] = [middle("plugin", of), middle("dynamic", of)];
        return {
            part: "plugin",
            name,
            unit,
            ours,
            beside: { dynamic },
            measure: "plugin / dynamic",
            value: ours / dynamic,
            limit,
        };
    };
    return [
        ...STEPS.map((step) => beside(NAMES[step], "s", ({ seconds }) => seconds[step])),
        beside("memory of the provider's process, at most", "bytes", ({ memory }) => memory),
        meanState(lives),
        ...["Unikernel", "NetworkInterface", "BlockImage"].map((kind) => stateOf(kind, lives)),
    ];
}

async function live(stack: Stack, env: Record<string, string>): Promise<Life> {
    const seconds = {} as Record<Step, number>;
    let resources: StateResource[] = [];
    const memory = await peakMemory(
        `BENCH_RUN=${env.BENCH_RUN}`,
        /dynamic-provider|pulumi-resource-(pulumi-nodejs|unikernel)/,
        async () => {
            for (const step of STEPS) {
                const round = { BENCH_ROUND: step === "change" || step === "destroy" ? "1" : "0" };
                seconds[step] = (await stack[step === "change" ? "up" : step]({ env: round })).seconds;
                if (step === "up") ({ resources } = await stack.exportState());
            }
        },
    );
    return { seconds, memory, resources };
}

const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? "");
/** Bytes of the position in the program, which Pulumi's SDK for Node records for every resource. */
const placeOf = ({ sourcePosition, stackTrace }: StateResource & { sourcePosition?: unknown; stackTrace?: unknown }) =>
    size({ sourcePosition, stackTrace });

function meanState(lives: Record<Host, Life[]>): Figure {
    const mean = (by: Host) => {
        const ours = (lives[by][0]?.resources ?? []).filter(({ type }) => KINDS.test(type));
        return ours.reduce((sum, resource) => sum + size(resource) - placeOf(resource), 0) / ours.length;
    };
    const [ours, dynamic] = [mean("plugin"), mean("dynamic")];
    return {
        part: "plugin",
        name: "state of a resource, mean, without where the program declares it",
        unit: "bytes",
        ours,
        beside: { dynamic },
        measure: "bytes in state",
        value: ours,
        limit: 2048,
    };
}

/** Return the bytes in state of the median resource of a kind, with their parts. */
function stateOf(kind: string, lives: Record<Host, Life[]>): Figure {
    const middle = (by: Host, of: (resource: StateResource) => number) =>
        median((lives[by][0]?.resources ?? []).filter(({ type }) => type.endsWith(`:${kind}`)).map(of));
    const [ours, dynamic] = [middle("plugin", size), middle("dynamic", size)];
    const [inputs, outputs, place] = [
        middle("plugin", (one) => size(one.inputs)),
        middle("plugin", (one) => size(one.outputs)),
        middle("plugin", placeOf),
    ];
    return {
        part: "plugin",
        name: `state of a ${kind}`,
        unit: "bytes",
        ours,
        beside: {
            dynamic,
            inputs,
            outputs,
            "where declared": place,
            "the engine's rest": ours - inputs - outputs - place,
        },
        measure: "bytes in state",
        value: ours,
    };
}
