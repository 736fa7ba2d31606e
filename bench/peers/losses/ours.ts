import { EngineFailure, withStack } from "../../../tests/support/engine";
import { ABSENT_NETWORK, type Event, type SubjectOf, UNKNOWN_ARGUMENT } from "./subject";

/** This package, by dynamic providers or by the plugin. */
export const ours = (name: string, by: string): SubjectOf => ({
    name,
    live: ({ host, kernel, images, network }, event, body) =>
        withStack(
            "bench/programs/peers",
            "bench",
            async (stack) => {
                const good = { BENCH_DISK: images.first, BENCH_NETWORK: network, BENCH_ROUND: "0" };
                const changes: Record<Event, Record<string, string>> = {
                    argument: { BENCH_ROUND: "1" },
                    image: { BENCH_DISK: images.second },
                    network: { BENCH_NETWORK: ABSENT_NETWORK },
                    qemu: { BENCH_QEMU_ARGUMENT: UNKNOWN_ARGUMENT },
                };
                const up = (env: Record<string, string>) =>
                    stack.up({ env }).then(
                        () => true,
                        (error: unknown) => {
                            if (error instanceof EngineFailure) return false;
                            throw error;
                        },
                    );
                await body({ good: () => up(good), happen: () => up({ ...good, ...changes[event] }) });
                await stack.destroy({ env: good });
            },
            {
                enter: host.enter,
                config: { "unikernel:allowQemuArgs": "true" },
                env: {
                    ...host.env,
                    BENCH_BY: by,
                    BENCH_CONNECTION: host.uri,
                    BENCH_COUNT: "1",
                    BENCH_KERNEL: kernel,
                },
            },
        ),
});
