import { type StackOptions, withStack } from "../tests/support/engine";
import { type Figure, median } from "./figure";
import type { Place } from "./place";

/** A preview takes two seconds, most of them the engine's: pairs for each run, since their difference is small. */
const PAIRS_EACH_RUN = 3;

/** Measure the preview of one unchanged guest, beside the engine alone while the guest runs; by turns, medians. */
export async function previewOfOne(
    place: Place,
    { runs, limit, enter, env }: { runs: number; limit: number } & Pick<StackOptions, "enter" | "env">,
): Promise<Figure> {
    const options = { enter, env: { ...env, BENCH_COUNT: "1", BENCH_ROUND: "0" } };
    place.log("fleet: previews of one guest");
    const pairs: { ours: number; engine: number }[] = [];
    await withStack(
        "bench/programs/fleet",
        "bench",
        (guest) =>
            withStack(
                "bench/programs/engine-alone",
                "bench",
                async (nothing) => {
                    await guest.up();
                    await nothing.up();
                    for (let pair = 0; pair < PAIRS_EACH_RUN * runs; pair++) {
                        const ours = (await guest.preview()).seconds;
                        pairs.push({ ours, engine: (await nothing.preview()).seconds });
                    }
                },
                options,
            ),
        options,
    );
    return {
        part: "fleet",
        name: "preview of one guest, nothing to do",
        unit: "s",
        ours: median(pairs.map(({ ours }) => ours)),
        beside: { engine: median(pairs.map(({ engine }) => engine)) },
        measure: "ours − engine, s",
        value: median(pairs.map(({ ours, engine }) => ours - engine)),
        limit,
    };
}
