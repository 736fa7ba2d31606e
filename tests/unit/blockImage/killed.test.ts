import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
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

test.each(moments)(
    "killed as soon as it %s, the next run ends with one whole image, and destroy with none",
    async (_, reached) => {
        const source = await plant("data", { big: "0123456789abcdef".repeat(1 << 20), small: "x" });
        const { inputs } = await handlers.check({}, { source, resourceUrn: "urn:pulumi:dev::site::t::data" });
        await killed(inputs, () => reached(String(inputs.digest)));

        const { id, outs } = await handlers.create(inputs);
        expect(room("images")).toEqual([`${String(inputs.digest)}.iso`]);
        expect((await readFile(String(outs.path))).length).toBe(outs.size);
        await handlers.delete(id, outs);
        expect(["images", "users", "built"].flatMap(room)).toEqual([]);
    },
);

const momentsOfOutput: [string, () => boolean][] = [
    ["is noted", () => room("creations").some((name) => !name.startsWith("."))],
    // Or has come further: what is passed between two looks is not seen.
    [
        "writes",
        () => files().some((name) => name === "data.iso" || (name.endsWith(".tmp") && !name.includes("staging"))),
    ],
    ["is in its place", () => files().includes("data.iso")],
];

test.each(momentsOfOutput)(
    "killed as soon as the file at its output %s, the next run writes there, and another resource does not",
    async (_, reached) => {
        const source = await plant("data", { big: "0123456789abcdef".repeat(1 << 20), small: "x" });
        mkdirSync(path("out"));
        const news = { source, output: path("out/data.iso"), resourceUrn: "urn:pulumi:dev::site::t::data" };
        await killed((await handlers.check({}, news)).inputs, reached);

        const there = files().includes("data.iso");
        const other = await handlers.check({}, { ...news, resourceUrn: "urn:pulumi:prod::site::t::data" });
        expect(other.failures.map(({ reason }) => reason)).toEqual(
            there ? [expect.stringContaining("is the image of another resource, urn:pulumi:dev::site::t::data")] : [],
        );

        // The source may have changed since.
        writeFileSync(join(source, "small"), "y");
        const { inputs, failures } = await handlers.check({}, news);
        expect(failures).toEqual([]);
        const { id, outs } = await handlers.create(inputs);
        expect(files()).toEqual(["data.iso"]);
        expect(statSync(path("out/data.iso")).size).toBe(outs.size);
        // Once it has ended, the next create of this URN is another stack's.
        await expect(handlers.create(inputs)).rejects.toMatchObject({ code: "not-ours" });
        await handlers.delete(id, outs);
        expect([files(), ...["users", "built", "creations"].map(room)]).toEqual([[], [], [], []]);
    },
);

const files = (): string[] => readdirSync(path("out"));

async function killed(inputs: Record<string, unknown>, reached: () => boolean): Promise<void> {
    const child = create(inputs);
    const ended = once(child, "exit");
    while (!reached() && child.exitCode === null) await sleep(1);
    child.kill("SIGKILL");
    await ended;
    expect(child.exitCode ?? 0).toBe(0);
}

function create(inputs: Record<string, unknown>): ChildProcess {
    const support = resolve(__dirname, "../../support/typescript.cjs");
    return spawn(process.execPath, ["-r", support, join(__dirname, "createChild.ts"), JSON.stringify(inputs)], {
        stdio: ["ignore", "inherit", "inherit"],
        env: { ...process.env },
    });
}
