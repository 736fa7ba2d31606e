import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { blockImageHandlers } from "../../../core/blockImage";
import { workspace } from "../images/workspace";

jest.setTimeout(30_000);
const { path, plant } = workspace();
const handlers = blockImageHandlers();
const room = (name: string): string[] => {
    const folder = path("cache/pulumi-unikernel", name);
    return existsSync(folder) ? readdirSync(folder, { recursive: true }).map(String) : [];
};

const moments: [string, (digest: string) => boolean][] = [
    ["is registered", () => room("users").length > 0],
    ["stages", () => room("images").some((name) => name.includes("staging"))],
    ["writes", () => room("images").some((name) => name.endsWith(".tmp") && !name.includes("staging"))],
    ["has it recorded", () => room("built").some((name) => name.endsWith(".json"))],
    ["is in its place", (digest) => room("images").includes(`${digest}.iso`)],
];

test.each(moments)("killed as soon as it %s, the next run ends with one whole image, and destroy with none", async (_, reached) => {
    const source = await plant("data", { big: "0123456789abcdef".repeat(1 << 20), small: "x" });
    const { inputs } = await handlers.check({}, { source, resourceUrn: "urn:pulumi:dev::site::t::data" });
    const child = create(inputs);
    const ended = once(child, "exit");
    while (!reached(String(inputs.digest)) && child.exitCode === null) await sleep(1);
    child.kill("SIGKILL");
    await ended;
    expect(child.exitCode ?? 0).toBe(0);

    const { id, outs } = await handlers.create(inputs);
    expect(room("images")).toEqual([`${String(inputs.digest)}.iso`]);
    expect((await readFile(String(outs.path))).length).toBe(outs.bytes);
    await handlers.delete(id, outs);
    expect(["images", "users", "built"].flatMap(room)).toEqual([]);
});

function create(inputs: Record<string, unknown>): ChildProcess {
    const support = resolve(__dirname, "../../support/typescript.cjs");
    return spawn(process.execPath, ["-r", support, join(__dirname, "createChild.ts"), JSON.stringify(inputs)], { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env } });
}
