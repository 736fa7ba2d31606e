import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withStack } from "../tests/support/engine";
import type { Figure } from "./figure";
import type { Place } from "./place";

const FILES = 100;

/** Measure the size of each resource in the state file, and of the trampoline in it. */
export async function state(place: Place): Promise<Figure[]> {
    const host = await place.host();
    const tree = join(place.folder, "state-tree");
    mkdirSync(tree);
    for (let i = 0; i < FILES; i++) writeFileSync(join(tree, `page-${i}.html`), `<p>${i}</p>\n`);
    place.log("state: one of each resource");
    const env = {
        ...host.env,
        BENCH_CONNECTION: host.uri,
        BENCH_KERNEL: await place.kernel(),
        BENCH_TREE: tree,
        BENCH_PORT: "18080",
    };
    const resources = await withStack(
        "bench/programs/state",
        "bench",
        async (stack) => {
            await stack.up();
            return (await stack.exportState()).resources;
        },
        { enter: host.enter, env },
    );

    const find = (kind: string) => {
        const found = resources.find(({ type }) => type.endsWith(`:${kind}`));
        if (!found) throw new Error(`no ${kind} in state; there is ${resources.map(({ type }) => type).join(", ")}`);
        return found;
    };
    const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? "");
    const figure = (name: string, ours: number, limit: number, beside: Figure["beside"] = {}): Figure => ({
        part: "state",
        name,
        unit: "bytes",
        ours,
        beside,
        measure: "bytes in state",
        value: ours,
        limit,
    });
    // The engine's part: urn, dependencies by property, position in the program.
    const split = (kind: string) => {
        const { inputs, outputs } = find(kind);
        return {
            inputs: size(inputs),
            outputs: size(outputs),
            engine: size(find(kind)) - size(inputs) - size(outputs),
        };
    };
    const kinds = ["Unikernel", "NetworkInterface", "BlockImage"] as const;
    const trampoline = (kind: string) => size(find(kind).inputs?.__provider ?? "");
    const config = String(find("Unikernel").outputs?.guestConfig ?? "").length;
    return [
        figure(`Unikernel, configuration of ${config} bytes`, size(find("Unikernel")), 4096, split("Unikernel")),
        figure("NetworkInterface", size(find("NetworkInterface")), 4096, split("NetworkInterface")),
        figure(`BlockImage of ${FILES} files`, size(find("BlockImage")), 4096 + 60 * FILES, split("BlockImage")),
        figure("longest trampoline, stored twice", 2 * Math.max(...kinds.map(trampoline)), 600),
    ];
}
