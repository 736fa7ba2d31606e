import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { testKernel } from "../e2e/guests";
import { workspace } from "../unit/images/workspace";
import { media } from "./media";

jest.setTimeout(900_000);
const { path } = workspace();
const cache = (room: string): string[] =>
    existsSync(path("cache/pulumi-unikernel", room))
        ? readdirSync(path("cache/pulumi-unikernel", room), { recursive: true }).map(String)
        : [];
const files = (): string[] =>
    readdirSync(path())
        .filter((name) => !["cache", "nginx", "data"].includes(name))
        .sort();
const temporary = (): string[] => files().filter((name) => name.endsWith(".tmp"));

const moments: [string, () => boolean][] = [
    ["is registered", () => cache("users").some((name) => name.endsWith(".json"))],
    // Or has come further: what is passed between two looks is not seen.
    ["has its first temporary file", () => temporary().length > 0 || files().includes("web.iso")],
    [
        "writes the image",
        () =>
            files().includes("web.iso") ||
            temporary().some((name) => statSync(path(name), { throwIfNoEntry: false })?.isFile()),
    ],
    ["has it recorded", () => cache("built").some((name) => name.endsWith(".json"))],
    ["is in its place", () => files().includes("web.iso")],
    ["has its sum", () => files().includes("SHA256SUMS")],
];

test.each(moments)(
    "killed as soon as it %s, the next run ends with one whole image, and destroy with none",
    async (_, reached) => {
        copyFileSync(await testKernel(), path("nginx"));
        writeFileSync(path("data"), Buffer.alloc(32 << 20, "0123456789abcdef"));
        const { check, handlers } = media();
        const { inputs, failures } = await check({
            kernel: path("nginx"),
            output: path("web.iso"),
            blocks: [{ path: path("data"), mount: "/data", format: "ext2" }],
        });
        expect(failures).toEqual([]);
        const child = create(inputs);
        const ended = once(child, "exit");
        while (!reached() && child.exitCode === null) await sleep(1);
        child.kill("SIGKILL");
        await ended;
        expect(child.exitCode ?? 0).toBe(0);

        const { id, outs } = await handlers.create(inputs);
        expect(files()).toEqual(["SHA256SUMS", "web.iso"]);
        expect(statSync(path("web.iso")).size).toBe(outs.size);
        await handlers.delete(id, outs);
        expect(files()).toEqual([]);
        expect(["users", "built", "creations"].flatMap(cache)).toEqual([]);
    },
);

function create(inputs: Record<string, unknown>): ChildProcess {
    const support = resolve(__dirname, "../support/typescript.cjs");
    return spawn(process.execPath, ["-r", support, join(__dirname, "createChild.ts"), JSON.stringify(inputs)], {
        stdio: ["ignore", "inherit", "inherit"],
        env: { ...process.env },
    });
}
