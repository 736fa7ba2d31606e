import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testKernel } from "../e2e/guests";
import { type Stack, type StateResource, withStack } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";

jest.setTimeout(900_000);

const repository = join(__dirname, "../..");
let host: LibvirtHost;
/** The generated SDKs, by language: made once for all programs. */
let sdks: string;
beforeAll(async () => {
    const { execa } = await import("execa");
    const { sdkGenerator } = await import("../../tools/setup/sdk.mjs");
    host = await startLibvirtHost();
    sdks = await mkdtemp(join(tmpdir(), "pulumi-unikernel-fleet-"));
    await execa(sdkGenerator(), [join(repository, "schema.json"), sdks]);
    // Compiled, as its users do it.
    const nodejs = join(sdks, "nodejs");
    await symlink(join(repository, "node_modules"), join(nodejs, "node_modules"));
    await execa(process.execPath, [require.resolve("typescript/lib/tsc.js"), "-p", ".", "--outDir", "."], {
        cwd: nodejs,
    });
    // The SDK asks for its own version, which is known of an installed package alone.
    const { pythonProgram } = await import("../../tools/python.mjs");
    await execa(pythonProgram(), ["-c", "from setuptools import setup; setup()", "-q", "egg_info"], {
        cwd: join(sdks, "python"),
    });
});
afterEach(() => host.removeGuests());
afterAll(async () => {
    await rm(sdks, { recursive: true, force: true });
    await host.close();
});

const PARENT = "urn:pulumi:dev::fleet::unikernel:index:UnikernelFleet";
const URNS = [
    "urn:pulumi:dev::fleet::unikernel:index:BlockImage::data",
    `${PARENT}$unikernel:index:NetworkInterface::web-0`,
    `${PARENT}$unikernel:index:NetworkInterface::web-1`,
    `${PARENT}$unikernel:index:Unikernel::web-0`,
    `${PARENT}$unikernel:index:Unikernel::web-1`,
    `${PARENT}::web`,
];
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const HIDDEN = expect.objectContaining({ [SIGNATURE]: expect.any(String) }) as object;

/** The uuid of each member, which follows from its URN. */
const uuids = new Set<string>();

/** Expect the same resources of a program in each language. */
function expectFleet(resources: StateResource[], members: { name: string; uuid: string; endpoints: object[] }[]): void {
    const ours = resources.filter(({ type }) => type.startsWith("unikernel:"));
    expect(ours.map(({ urn }) => urn).sort()).toEqual(URNS);
    const guests = ours
        .filter(({ type }) => type === "unikernel:index:Unikernel")
        .sort((one, other) => one.urn.localeCompare(other.urn));
    expect(guests.map(({ inputs }) => [inputs?.memory, inputs?.env])).toEqual([
        [16, { GREETING: "hello from web-0, ${literal}", PASSWORD: HIDDEN }],
        [20, { GREETING: "hello from web-1, ${literal}", PASSWORD: HIDDEN, EXTRA: "1" }],
    ]);
    // Fleet and members have one provider, whether or not the program names a version of it.
    const providers = ours.filter(({ custom }) => custom).map((one) => Reflect.get(one, "provider") as string);
    expect(new Set(providers).size).toBe(1);
    expect(JSON.stringify(resources)).not.toContain("hunter2");
    expect(members.map(({ name, endpoints }) => [name, endpoints])).toEqual(
        [0, 1].map((index) => [
            `web-${index}`,
            [{ address: "127.0.0.1", port: 18080 + index, guest: 80, protocol: "tcp" }],
        ]),
    );
    uuids.add(JSON.stringify(members.map(({ uuid }) => uuid)));
    expect(uuids.size).toBe(1);
}

/** Run the fleet's program in one language, twice: the second run finds nothing to do. */
async function withFleet(
    program: string,
    prepare: (stack: Stack) => Promise<unknown>,
    then: (stack: Stack) => Promise<void> = async () => undefined,
): Promise<void> {
    const config = { connection: host.uri, kernel: await testKernel() };
    await withStack(
        `tests/plugin/programs/${program}`,
        "dev",
        async (stack) => {
            await stack.config("password", "hunter2", { secret: true });
            await prepare(stack);
            expect((await stack.up()).changes).toEqual({ create: 7 });
            const { members } = await stack.outputs<{ members: Parameters<typeof expectFleet>[1] }>();
            expectFleet((await stack.exportState()).resources, members);
            expect((await stack.up()).changes).toEqual({ same: 7 });
            await then(stack);
        },
        { enter: host.enter, env: { ...host.env }, config, leave: true },
    );
}

test("a fleet in YAML: previewed, made, the same again, and removed", async () => {
    const previewed = async (stack: Stack) => expect((await stack.preview()).changes).toEqual({ create: 7 });
    const removed = async (stack: Stack) => {
        expect((await stack.destroy()).changes).toEqual({ delete: 7 });
        expect(await host.virsh("list", "--all", "--name")).toBe("");
    };
    await withFleet("fleet-yaml", previewed, removed);
});

test("a fleet in TypeScript, over the generated SDK", async () => {
    const linked = (stack: Stack) =>
        symlink(join(sdks, "nodejs"), join(stack.folder, "node_modules/pulumi-unikernel-sdk"));
    await withFleet("fleet-typescript", linked);
});

test("a TypeScript program over the generated SDK: up, a limit of its provider, redeploy in place, destroy", async () => {
    const config = { connection: host.uri, kernel: await testKernel(), greeting: "hello", limit: "16" };
    await withStack(
        "tests/plugin/programs/typescript",
        "typescript",
        async (stack) => {
            await symlink(join(sdks, "nodejs"), join(stack.folder, "node_modules/pulumi-unikernel-sdk"));
            expect((await stack.up()).changes).toEqual({ create: 6 });
            const { uuids, seen } = await stack.outputs<{ uuids: string[]; seen: string }>();
            expect(seen).toBe("running");
            expect(await Promise.all(uuids.map((uuid) => host.virsh("domstate", uuid)))).toEqual([
                "running",
                "running",
            ]);

            await stack.config("greeting", "good day");
            expect((await stack.up()).changes).toEqual({ same: 4, update: 2 });
            expect((await stack.outputs<{ uuids: string[] }>()).uuids).toEqual(uuids);
            await stack.config("limit", "8");
            expect((await stack.preview({ fails: true })).text).toMatch(/memory.*16 MiB.*8|memory.*8 MiB/);
            await stack.destroy();
            expect(await host.virsh("list", "--all", "--name")).toBe("");
        },
        { enter: host.enter, env: { ...host.env }, config },
    );
});

/** Run a Python program that starts the engine itself, by the Automation API. @returns what it printed */
async function automation<T>(program: string): Promise<T> {
    const { execa } = await import("execa");
    const { engineEnv } = await import("../../tools/engine.mjs");
    const { pythonProgram } = await import("../../tools/python.mjs");
    const cwd = await mkdtemp(join(sdks, "run-"));
    await mkdir(join(cwd, "state"));
    const [first, ...rest] = [...host.enter, pythonProgram(), join(__dirname, "programs/python", program)];
    const { stdout } = await execa(first!, rest, {
        timeout: 240_000,
        cwd,
        env: {
            ...host.env,
            PATH: `${join(repository, "bin")}:${engineEnv().PATH}`,
            CONNECTION: host.uri,
            KERNEL: await testKernel(),
            PULUMI_HOME: join(cwd, "home"),
            PULUMI_BACKEND_URL: `file://${join(cwd, "state")}`,
            PULUMI_CONFIG_PASSPHRASE: "tests",
            PULUMI_SKIP_UPDATE_CHECK: "true",
            PYTHONPATH: join(sdks, "python"),
        },
    });
    return JSON.parse(stdout) as T;
}

test("a fleet in Python, over the generated SDK", async () => {
    const seen = await automation<{
        changes: object;
        same: object;
        members: Parameters<typeof expectFleet>[1];
        resources: StateResource[];
        destroyed: object;
    }>("fleet.py");
    expect([seen.changes, seen.same, seen.destroyed]).toEqual([{ create: 7 }, { same: 7 }, { delete: 7 }]);
    expectFleet(seen.resources, seen.members);
    expect(await host.virsh("list", "--all", "--name")).toBe("");
});

test("a Python program over the generated SDK: up with a provider of its own, preview, redeploy in place, destroy", async () => {
    const seen = await automation<{ first: { uuid: string } }>("inline.py");
    expect(seen).toEqual({
        first: {
            uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
            states: ["running", "running"],
            addresses: ["127.0.0.1"],
        },
        preview: { same: 3, update: 2 },
        lines: ["restart: env.GREETING, /data/index.html"],
        again: seen.first.uuid,
        updated: { same: 3, update: 2 },
        leaks: false,
        destroyed: { delete: 5 },
    });
    expect(await host.virsh("list", "--all", "--name")).toBe("");
});
