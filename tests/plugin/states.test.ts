import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SCHEMA_VERSION } from "../../model";
import { handlersOf } from "../../provider/registry";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { type By, Either } from "./either";

jest.setTimeout(900_000);

const RECORDED = join(__dirname, "states");
const KERNEL = join(RECORDED, "kernel.elf");
const NEWER = SCHEMA_VERSION + 1;

/** A guest that is never started, of a kernel that is in the repository: the same bytes on every machine. */
const GUESTS = {
    web: {
        guest: "rumprun",
        state: "stopped",
        image: "data",
        env: { GREETING: "hello", PASSWORD: { secret: "hunter2" } },
        interfaces: [{ attach: { user: { forward: [{ guest: 80 }] } } }],
    },
    inner: {
        guest: "rumprun",
        state: "stopped",
        parent: "site",
        args: ["one"],
        memory: 32,
        vcpus: 2,
        onCrash: "preserve",
        gdb: { port: 12340 },
    },
};
const IMAGES = { data: { source: { "index.html": "page" } } };

interface Recorded {
    deployment: { resources: Record<string, unknown>[] };
}

let host: LibvirtHost;
let cache: string;
beforeAll(async () => {
    host = await startLibvirtHost();
    cache = join(host.folder, "recorded-cache");
    await mkdir(cache);
});
afterEach(() => host.removeGuests());
afterAll(() => host.close());

/** What of a state is this machine's, and what stands for it in a recorded one. */
const machine = (): [string, string][] => [
    [host.uri, "{{connection}}"],
    [host.uuid, "{{host}}"],
    [host.env.PULUMI_UNIKERNEL_DIR, "{{guests}}"],
    [cache, "{{cache}}"],
    [KERNEL, "{{kernel}}"],
];
const withStack = (by: By, body: (either: Either) => Promise<void>) =>
    Either.with(
        host,
        "recorded",
        async (either) => {
            await either.declare(by, GUESTS, IMAGES);
            await body(either);
        },
        { leave: true, config: { kernel: KERNEL }, env: { XDG_CACHE_HOME: cache } },
    );

/** Writes what this release's stacks look like: `PULUMI_UNIKERNEL_RECORD=1`, once for each schema version. */
async function record(by: By): Promise<void> {
    await withStack(by, async (either) => {
        await either.stack.up();
        const state = JSON.parse((await either.stack.exportState()).text) as Recorded;
        // Where the program was, on the machine that recorded.
        state.deployment.resources = state.deployment.resources.map(
            ({ sourcePosition: _, stackTrace: _stack, ...resource }) => resource,
        );
        const text = machine().reduce(
            (whole, [here, name]) => whole.replaceAll(here, name),
            JSON.stringify(state, undefined, 1),
        );
        writeFileSync(join(RECORDED, `${by}-${SCHEMA_VERSION}.json`), `${text}\n`);
    });
}

const recorded = (file: string) =>
    machine().reduce((text, [here, name]) => text.replaceAll(name, here), readFileSync(join(RECORDED, file), "utf8"));

async function load({ stack }: Either, state: string): Promise<void> {
    const file = join(stack.folder, "state.json");
    writeFileSync(file, state);
    await stack.pulumi(["stack", "import", "--file", file]);
}

/** State does not hold an image's file; where it is lost, `up` builds it again. */
async function buildImage(state: string): Promise<void> {
    const before = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = cache;
    try {
        const image = (JSON.parse(state) as Recorded).deployment.resources.find(({ type }) =>
            String(type).endsWith(":BlockImage"),
        );
        await handlersOf("blockImage", { log: () => undefined }).create(
            Object(image?.inputs) as Record<string, unknown>,
        );
    } finally {
        if (before === undefined) delete process.env.XDG_CACHE_HOME;
        else process.env.XDG_CACHE_HOME = before;
    }
}

const FILES = readdirSync(RECORDED).filter((file) => file.endsWith(".json"));

if (process.env.PULUMI_UNIKERNEL_RECORD)
    test.each<By>(["dynamic", "plugin"])("the state of a stack by %s is recorded", record);

test("there is a recorded state of every schema version, by both hosts", () => {
    const versions = Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1);
    expect(FILES).toEqual(["dynamic", "plugin"].flatMap((by) => versions.map((version) => `${by}-${version}.json`)));
    for (const file of FILES) expect(recorded(file).includes("hunter2")).toBe(false);
});

test.each(FILES)("%s is read by this release: nothing to do, and what is gone is made", async (file) => {
    const old = recorded(file);
    await buildImage(old);
    await withStack(file.split("-")[0] as By, async (either) => {
        await load(either, old);
        expect(Object.keys((await either.stack.preview()).changes)).toEqual(["same"]);
        // Another host, on which there is nothing yet of what state knows.
        expect((await either.stack.up({ args: ["--refresh"] })).changes).toMatchObject({ create: 2 });
        expect((await host.virsh("list", "--all", "--name")).split("\n")).toHaveLength(2);
    });
});

// By each way to the provider, also for a read and for a diff alone: contract.test.ts.
test.each<By>(["dynamic", "plugin"])("the state of a newer release is refused by %s, and stays", async (by) => {
    const newer = recorded(`${by}-${SCHEMA_VERSION}.json`).replaceAll(
        /"schemaVersion": \d+/g,
        `"schemaVersion": ${NEWER}`,
    );
    await withStack(by, async (either) => {
        await load(either, newer);
        for (const run of [await either.stack.preview({ fails: true }), await either.stack.destroy({ fails: true })]) {
            expect(run.text).toMatch(
                new RegExp(
                    `state has schema version ${NEWER}; this release of pulumi-unikernel knows ${SCHEMA_VERSION}\\s+hint: npm install pulumi-unikernel@latest \\(a release with schema version ${NEWER} or newer\\)`,
                ),
            );
        }
        const { resources } = await either.stack.exportState();
        expect(resources.filter(({ outputs }) => outputs?.schemaVersion === NEWER && outputs.uuid)).toHaveLength(2);
    });
});
