import { existsSync } from "node:fs";
import { open, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { uuidOf } from "../../core/identity";
import { type By, Either } from "../plugin/either";
import { Fleets } from "../plugin/fleets";
import type { Run, Stack, StateResource } from "../support/engine";
import { holdAt } from "../support/hold";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { outside } from "../support/outside";
import { signalQuietly, until } from "../support/processes";
import { Installation, OLD_RELEASE } from "../support/release";

jest.setTimeout(900_000);

const NETWORKS = ["lan", "other"];
const PROVIDERS: By[] = ["dynamic", "plugin"];
const WRITTEN = "written by the guest";

let host: LibvirtHost;
let seed: string;
let installation: Installation;
beforeAll(async () => {
    host = await startLibvirtHost();
    for (const [index, name] of NETWORKS.entries())
        await host.defineNatNetwork(name, { subnet: `10.66.${index}`, isolated: true });
    seed = join(host.folder, "data.img");
    await writeFile(seed, Buffer.alloc(1 << 20));
    installation = await Installation.of(OLD_RELEASE);
});
beforeEach(() => installation.install(OLD_RELEASE));
afterAll(async () => {
    await installation?.remove();
    await host?.close();
});

interface Changes {
    args?: string[];
    live?: object;
}

/** One guest for each thing that a release may store in another way; `number` is what its provider has of each. */
const guestsBy = (number: number, network: string, changes: Changes) => ({
    /** A data image, a secret, a forwarded port that we chose. */
    web: {
        args: changes.args ?? ["one"],
        env: { GREETING: "hello", PASSWORD: { secret: "hunter2" } },
        interfaces: [{ attach: { user: { forward: [{ guest: 80 }] } } }],
        gdb: { port: 12340 + number },
        ...changes.live,
    },
    /** Data that must stay, and a reserved address. */
    db: {
        blocks: [
            { path: seed, access: "persist" },
            { path: seed, format: "raw", access: "scratch", mount: "/scratch" },
        ],
        hostname: "db",
        args: changes.args ?? [],
        interfaces: [{ attach: { network }, ipv4: { reserve: `10.66.${NETWORKS.indexOf(network)}.2${number}` } }],
        ...changes.live,
    },
    /** Never started. */
    off: { state: "stopped", args: ["off"], memory: 32, vcpus: 2, ...changes.live },
});
/** The same for each provider: `dynamic-web`, `plugin-web` and so on. */
function guests(network: string, changes: Changes = {}): Record<string, object> {
    const all = PROVIDERS.flatMap((by, number) =>
        Object.entries(guestsBy(number, network, changes)).map(([name, guest]): [string, object] => [
            `${by}-${name}`,
            { by, ...guest, ...(name === "web" ? { image: `${by}-data` } : {}) },
        ]),
    );
    return Object.fromEntries(all);
}
const IMAGES = Object.fromEntries(
    PROVIDERS.map((by) => [`${by}-data`, { by, source: { "index.html": "page", "key.pem": { secret: "hunter2" } } }]),
);
/** Creates that are killed: before there is a domain, before it is started, and before it is ready. */
const UNFINISHED = {
    early: { by: "plugin" },
    half: { by: "plugin", env: { PASSWORD: { secret: "hunter2" } } },
    late: { by: "plugin", interfaces: [{ attach: { network: "lan" } }] },
};
const POINTS = { early: "files.put", half: "domains.define", late: "domains.start" };
/** The same of each guest that the old release finished. */
const ofEach = <T>(value: T, { off = value } = {}): Record<string, T> =>
    Object.fromEntries(
        PROVIDERS.flatMap((by) => [
            [`${by}-web`, value],
            [`${by}-db`, value],
            [`${by}-off`, off],
        ]),
    );
/** The same of each whose create was killed. */
const ofUnfinished = <T>(value: T): Record<string, T> =>
    Object.fromEntries(Object.keys(UNFINISHED).map((name) => [name, value]));

const opsOf = ({ steps }: Run): Record<string, string> =>
    Object.fromEntries(steps.map(({ op, urn }) => [urn.split("::").at(-1)!, op]));

/** Runs an `up` until each of the unfinished guests has come to its point, and kills the engine and the provider. */
async function killInCreate({ stack }: Either): Promise<void> {
    const points = Object.entries(POINTS).map(([name, call]) => ({
        uuid: uuidOf(`urn:pulumi:${stack.name}::either::unikernel:index:Unikernel::${name}`),
        call,
        when: "after" as const,
    }));
    const hold = await holdAt(points, installation.modules);
    try {
        const run = await stack.start("up", { env: hold.env });
        const provider = await hold.reached(run.ended);
        run.kill("SIGKILL");
        signalQuietly(provider, "SIGKILL");
        await run.ended;
        await until(() => !existsSync(`/proc/${provider}`));
        await stack.cancel();
    } finally {
        await hold.remove();
    }
}

/** The persist disks' files on the host. */
async function persistFiles({
    host: {
        env: { PULUMI_UNIKERNEL_DIR: base },
    },
}: Either): Promise<string[]> {
    const names = await readdir(base, { recursive: true });
    return names.filter((name) => name.includes(".persist.")).map((name) => join(base, name));
}

async function write(file: string): Promise<void> {
    const handle = await open(file, "r+");
    await handle.write(WRITTEN, 4096);
    await handle.close();
}

async function read(file: string): Promise<string> {
    const handle = await open(file, "r");
    const { buffer } = await handle.read(Buffer.alloc(WRITTEN.length), 0, WRITTEN.length, 4096);
    await handle.close();
    return buffer.toString();
}

/** The form in which state holds each guest: by the release that last changed it. */
async function versions({ stack }: Either): Promise<Record<string, unknown>> {
    const { resources } = await stack.exportState();
    const guests = resources.filter(({ type, outputs }) => type.endsWith(":Unikernel") && outputs?.uuid);
    return Object.fromEntries(guests.map(({ urn, inputs }) => [urn.split("::").at(-1), inputs?.schemaVersion]));
}

/** The old release again: it refuses the state, and with a state from before, the guest's mark. Nothing is touched. */
async function refuseDowngrade(either: Either, before: string): Promise<void> {
    const { stack } = either;
    const now = await stack.pulumi(["stack", "export"]);
    const seen = [await outside(host), await either.boots()];
    await installation.install(OLD_RELEASE);
    const state =
        /state has schema version 2; this release of pulumi-unikernel knows 1\s+hint: npm install pulumi-unikernel@latest/;
    expect((await stack.destroy({ fails: true })).text).toMatch(state);
    await importState(stack, before);
    expect((await stack.destroy({ fails: true })).text).toMatch(
        /the domain's mark has version 2, this release reads up to 1\s+hint: install the release of pulumi-unikernel that made this guest/,
    );
    expect([await outside(host), await either.boots()]).toEqual(seen);
    await importState(stack, now);
    await installation.upgrade();
}

async function importState(stack: Stack, text: string): Promise<void> {
    const file = join(stack.folder, "state.json");
    await writeFile(file, text);
    await stack.pulumi(["stack", "import", "--file", file]);
}

// Guests of both providers in one stack: what a release writes into state and onto the host differs by provider.
test("guests that release 0.1.0 made by dynamic providers and by the plugin live on under this one", async () => {
    await Either.with(
        host,
        "upgrade",
        async (either) => {
            const { stack } = either;
            const live = { onCrash: "preserve", shutdownTimeout: 2, autostart: true, deleteData: true };
            await either.declare("dynamic", guests("lan"), IMAGES);
            const unchanged = Object.fromEntries(Object.keys(opsOf(await stack.up())).map((name) => [name, "same"]));
            expect(unchanged).toMatchObject(ofEach("same"));
            await either.declare("dynamic", { ...guests("lan"), ...UNFINISHED }, IMAGES);
            await killInCreate(either);
            const boots = await either.boots();
            const disks = await persistFiles(either);
            expect(disks).toHaveLength(PROVIDERS.length);
            for (const disk of disks) await write(disk);
            const before = await either.identities();
            const { domains } = await outside(host);
            for (const [name, state] of Object.entries(ofEach("running", { off: "shut off" })))
                expect([name, domains[before[name]!.name]]).toEqual([name, state]);

            const { text: old } = await stack.exportState();
            await installation.upgrade();
            // The creates are finished; the guests that were whole do not notice.
            expect(opsOf(await stack.up())).toMatchObject({ ...unchanged, ...ofUnfinished("create") });
            expect(await either.boots()).toEqual(expect.arrayContaining(boots));
            const running = await either.boots();
            expect(running).toHaveLength(7);
            expect(await either.identities()).toMatchObject(before);
            expect(await versions(either)).toEqual({ ...ofEach(1), ...ofUnfinished(2) });

            // A live change stays live, and so does a refresh. `deleteData` is for the destroy at the end: nothing may stay.
            await either.declare("dynamic", { ...guests("other", { live }), ...UNFINISHED }, IMAGES);
            expect(opsOf(await stack.up({ args: ["--refresh"] }))).toMatchObject({
                ...ofEach("update"),
                ...ofUnfinished("same"),
            });
            expect(await either.boots()).toEqual(running);
            for (const by of PROVIDERS)
                expect(await host.virsh("domiflist", before[`${by}-db`]!.name)).toContain("other");
            expect(await versions(either)).toEqual({ ...ofEach(2), ...ofUnfinished(2) });

            await refuseDowngrade(either, old);
            expect(Object.keys((await stack.preview()).changes)).toEqual(["same"]);

            // A restart keeps the data.
            await either.declare("dynamic", { ...guests("other", { args: ["two"], live }), ...UNFINISHED }, IMAGES);
            await stack.up();
            for (const disk of disks) expect(await read(disk)).toBe(WRITTEN);
            expect((await either.boots()).filter((boot) => running.includes(boot))).toHaveLength(3);
            expect(await either.identities()).toMatchObject(
                Object.fromEntries(Object.entries(before).map(([name, { uuid }]) => [name, { uuid }])),
            );
            expect((await stack.exportState()).text.includes("hunter2")).toBe(false);
            await stack.destroy();
        },
        { modules: installation.modules },
    );
    for (const network of NETWORKS)
        expect(await outside(host, network)).toEqual({ domains: {}, processes: [], files: {}, reservations: [] });
});

// That a fleet by a template is the same as by a function: tests/plugin/fleet.test.ts.
test("a fleet of release 0.1.0 is the same under this one", async () => {
    await Fleets.with(
        host,
        "upgrade-fleet",
        async (fleets) => {
            const interfaces = [{ attach: { user: { forward: [{ guest: 80 }] } } }];
            await fleets.declare("function", { replicas: 2, template: { interfaces, env: { GREETING: "hello" } } });
            await fleets.stack.up();
            const [before, old] = [await fleets.processes(), await fleets.stack.exportState()];
            await installation.upgrade();
            expect((await fleets.stack.up()).changes).toEqual({ same: 6 });
            const { resources } = await fleets.stack.exportState();
            const isFleet = ({ type }: { type: string }) => type.endsWith(":UnikernelFleet");
            expect(resources.find(isFleet)!.outputs).toEqual(old.resources.find(isFleet)!.outputs);
            const urnsOf = (found: StateResource[]) => found.map(({ urn }) => urn).sort();
            expect(urnsOf(resources)).toEqual(urnsOf(old.resources));
            expect(await fleets.processes()).toEqual(before);
        },
        { modules: installation.modules },
    );
});
