import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nginxGuest, testKernel } from "../e2e/guests";
import type { Run, Stack } from "../support/engine";
import { withStack } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";

jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

const plugins = { providers: [{ name: "unikernel", path: join(__dirname, "../../bin") }] };

/** JSON is YAML, and what a person would write differs in looks alone. */
async function declare(stack: Stack, resources: object, outputs: object = {}): Promise<void> {
    await writeFile(
        join(stack.folder, "Pulumi.yaml"),
        JSON.stringify({ name: "yaml", runtime: "yaml", plugins, resources, outputs }),
    );
}

const resource = (type: string, properties: object, options: object = {}) => ({
    type: `unikernel:${type}`,
    properties,
    options,
});
const guest = async (properties: object) =>
    resource("Unikernel", {
        platform: "kvm",
        connection: host.uri,
        kernel: await testKernel(),
        accelerator: "tcg",
        memory: 16,
        shutdownTimeout: 1,
        readiness: { console: "test kernel ready", timeout: 60 },
        ...properties,
    });
const nameOf = (urn?: string) => urn?.split("::").at(-1);
/** What stays in the engine's log, by the row that it is on. */
const consequences = ({ messages }: Run) =>
    messages
        .filter(({ ephemeral, severity, urn }) => !ephemeral && severity === "info" && urn?.includes("unikernel:"))
        .map(({ urn, message }) => `${nameOf(urn)}: ${message}`)
        .sort();
const stepsOf = ({ steps }: Run) =>
    Object.fromEntries(
        steps.map(({ op, urn, detailedDiff }) => [
            urn.split("::").at(-1),
            [op, Object.keys(detailedDiff ?? {}).sort()],
        ]),
    );

test("a YAML program: up, a line for each consequence in its preview, redeploy in place, destroy", async () => {
    await withStack(
        "tests/plugin/programs/yaml",
        "yaml",
        async (stack) => {
            const web = {
                env: { GREETING: "hello" },
                blocks: [{ image: "${data}", mount: "/data" }],
                interfaces: ["${card}"],
            };
            const rest = {
                data: resource("BlockImage", { source: "./data" }),
                card: resource("NetworkInterface", { attach: { user: { forward: [{ guest: 80 }] } } }),
            };
            await mkdir(join(stack.folder, "data/html"), { recursive: true });
            await writeFile(join(stack.folder, "data/html/index.html"), "one");
            await declare(
                stack,
                { ...rest, web: await guest(web), big: await guest({}), idle: await guest({}), same: await guest({}) },
                { uuid: "${web.uuid}", state: "${idle.state}", path: "${data.path}" },
            );
            const first = await stack.up();
            expect(first.changes).toEqual({ create: 7 });
            // Long work is told on the row, and overwritten there.
            expect(consequences(first)).toEqual([]);
            expect(
                first.messages
                    .filter(({ ephemeral }) => ephemeral)
                    .map(({ urn, message }) => `${nameOf(urn)}: ${message}`),
            ).toContainEqual(expect.stringMatching(/^web: web-\w+: waiting for .test kernel ready. on the console$/));
            const before = await stack.outputs<{ uuid: string; state: string; path: string }>();
            expect(before).toMatchObject({
                uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
                state: "running",
                path: expect.stringMatching(/\.iso$/) as string,
            });
            expect(await host.virsh("domstate", before.uuid)).toBe("running");
            expect((await stack.up()).changes).toEqual({ same: 7 });

            await writeFile(join(stack.folder, "data/html/index.html"), "two");
            await declare(
                stack,
                {
                    ...rest,
                    same: await guest({}),
                    web: await guest({ ...web, env: { GREETING: "good day" } }),
                    big: await guest({ memory: 24 }),
                    idle: await guest({ state: "paused" }),
                },
                { uuid: "${web.uuid}" },
            );
            const preview = await stack.preview();
            expect(consequences(preview)).toEqual([
                "big: restart: memory 16 → 24 MiB",
                "data: rebuild: html/index.html",
                "idle: live: state running → paused",
                "web: restart: env.GREETING, /data/html/index.html",
            ]);
            expect(stepsOf(preview)).toMatchObject({
                data: ["update", expect.arrayContaining(['manifest["html/index.html"]'])],
                web: ["update", expect.arrayContaining(["env.GREETING"])],
                big: ["update", ["memory"]],
                idle: ["update", ["state"]],
                same: ["same", []],
            });
            expect((await stack.up()).changes).toEqual({ same: 3, update: 4 });
            expect(await stack.outputs()).toEqual({ uuid: before.uuid });
            expect((await stack.destroy()).changes).toEqual({ delete: 7 });
            expect(await host.virsh("list", "--all", "--name")).toBe("");
        },
        { enter: host.enter, env: { ...host.env }, parallel: 16 },
    );
});

test("what is wrong in a program is named before anything happens: by the engine all that the schema knows, by check the rest", async () => {
    await withStack(
        "tests/plugin/programs/yaml",
        "wrong",
        async (stack) => {
            await declare(stack, {
                unknown: await guest({ memroy: 16 }),
                enumeration: await guest({ platform: "kvmm" }),
                deep: await guest({ readiness: { http: { port: "eighty" } } }),
            });
            const { text } = await stack.preview({ fails: true });
            expect(text).toMatch(/Property memroy does not exist/);
            expect(text).toMatch(/Allowed values are .*"kvm"/);
            expect(text).toMatch(/port: Cannot assign type 'string' to type 'integer'/);
            await declare(stack, { web: await guest({ memory: 0 }) });
            expect((await stack.preview({ fails: true })).text).toMatch(
                /property memory .*expected a whole number of MiB from 1/,
            );
        },
        { enter: host.enter, env: { ...host.env } },
    );
});

test("the example: three nginx guests on the host that the stack's config names", async () => {
    await withStack(
        "examples/nginx-fleet-yaml",
        "example",
        async (stack) => {
            await stack.up();
            const { urls } = await stack.outputs<{ urls: string[] }>();
            expect(urls).toHaveLength(3);
            for (const [index, url] of urls.entries()) {
                expect((await host.exec("curl", ["--silent", "--fail", "--max-time", "20", url])).stdout).toContain(
                    `<h1>Hello from web-${index + 1}</h1>`,
                );
            }
        },
        {
            leave: true,
            enter: host.enter,
            env: { ...host.env },
            parallel: 16,
            config: { guest: await nginxGuest(), "unikernel:connection": host.uri, "unikernel:accelerator": "tcg" },
        },
    );
});
