import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Figure } from "./figure";
import type { Place } from "./place";
import { withStack } from "../tests/support/engine";

const FILES = 100;

/** How much of the state file each resource takes, and the trampoline in it. */
export async function state(place: Place): Promise<Figure[]> {
    const host = await place.host();
    const tree = join(place.folder, "state-tree");
    mkdirSync(tree);
    for (let i = 0; i < FILES; i++) writeFileSync(join(tree, `page-${i}.html`), `<p>${i}</p>\n`);
    place.log("state: one of each resource");
    const env = { ...host.env, BENCH_CONNECTION: host.uri, BENCH_KERNEL: await place.kernel(), BENCH_TREE: tree, BENCH_PORT: "18080" };
    const resources = await withStack("bench/programs/state", "bench", async (stack) => {
        await stack.up();
        return (await stack.exportState()).resources;
    }, { enter: host.enter, env });

    const find = (kind: string) => {
        const found = resources.find(({ type }) => type.endsWith(`:${kind}`));
        if (!found) throw new Error(`no ${kind} in state; there is ${resources.map(({ type }) => type).join(", ")}`);
        return found;
    };
    const size = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? "");
    const figure = (name: string, ours: number, measure: string, limit: number): Figure => ({ part: "state", name, unit: "bytes", ours, beside: {}, measure, value: ours, limit });
    const kinds = ["Unikernel", "NetworkInterface", "BlockImage"] as const;
    const trampoline = (kind: string) => size(find(kind).inputs?.__provider ?? "");
    return [
        figure("Unikernel, 512-byte argument", size(find("Unikernel")), "bytes in state", 4096),
        figure("NetworkInterface", size(find("NetworkInterface")), "bytes in state", 4096),
        figure(`BlockImage of ${FILES} files`, size(find("BlockImage")), "bytes in state", 4096 + 60 * FILES),
        figure("longest trampoline, once", Math.max(...kinds.map(trampoline)), "bytes in state", 600),
    ];
}
