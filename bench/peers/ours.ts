import { type Run, type Stack, withStack } from "../../tests/support/engine";
import { type Ground, MORE, PARALLEL, type Peer } from "./peer";
import { withGuests } from "./virsh";

/** For a hundred guests on a busy machine. */
const TIMEOUT_MS = 1_200_000;

/** Return a Pulumi program as a tool. */
const pulumi = (name: string, program: string, by: string, alone = false): Peer => ({
    name,
    alone,
    live: (ground, up) =>
        withStack(
            program,
            "bench",
            async (stack) => {
                const run = timer(stack, ground);
                const create = await run("up", 0, "0");
                if (!alone) await up(ground.guests);
                const unchanged = await run("preview", 0, "0");
                const change = await run("up", 0, "1");
                const more = await run("up", MORE, "1");
                if (!alone) await up(ground.guests + MORE);
                return { create, unchanged, change, more, destroy: await run("destroy", MORE, "1") };
            },
            {
                enter: ground.host.enter,
                parallel: PARALLEL,
                env: {
                    ...ground.host.env,
                    BENCH_BY: by,
                    BENCH_CONNECTION: ground.host.uri,
                    BENCH_KERNEL: ground.kernel,
                },
            },
        ),
});

/** Return a function that times a command, with more guests and in a round of the argument. */
function timer(stack: Stack, { guests }: Ground) {
    return async (command: "up" | "preview" | "destroy", more: number, round: string): Promise<number> => {
        const run: Run = await stack[command]({
            env: { BENCH_COUNT: String(guests + more), BENCH_ROUND: round },
            timeout: TIMEOUT_MS,
        });
        if (command === "preview" && Object.keys(run.changes).some((operation) => operation !== "same"))
            throw new Error(`the preview has something to do: ${JSON.stringify(run.changes)}`);
        return run.seconds;
    };
}

/** Previews before an operation are left out (`--skip-preview`), as OpenTofu plans and applies in one command. */
export const dynamic = pulumi("ours", "bench/programs/peers", "dynamic");
export const plugin = pulumi("ours, by the plugin", "bench/programs/peers", "plugin");

const nothing = pulumi("engine alone", "bench/programs/engine-alone", "", true);
/** Guests run beside the other tools and take processor time, so they do beside the engine too. */
export const engineAlone: Peer = {
    ...nothing,
    live: (ground, up) => withGuests(ground, () => nothing.live(ground, up)),
};
