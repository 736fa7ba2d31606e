import { existsSync } from "node:fs";
import { open, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { uuidOf } from "../../core/identity";
import { type By, Either } from "../plugin/either";
import type { Run, Stack } from "../support/engine";
import { holdAt } from "../support/hold";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { outside } from "../support/outside";
import { signalQuietly, until } from "../support/processes";
import { Installation, OLD_RELEASE } from "../support/release";

jest.setTimeout(900_000);

const NETWORKS = ["lan", "other"];
const TYPES = { dynamic: "pulumi-nodejs:dynamic/unikernel:Unikernel", plugin: "unikernel:index:Unikernel" };
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
});
beforeEach(async () => {
    installation = await Installation.of(OLD_RELEASE);
});
afterEach(() => installation.remove());
afterAll(() => host.close());

/** One guest for each thing that a release may store in another way. */
const guests = (network: string, changes: { args?: string[]; live?: object } = {}): Record<string, object> => ({
    /** A data image, a secret, a forwarded port that we chose. */
    web: {
        image: "data",
        args: changes.args ?? ["one"],
        env: { GREETING: "hello", PASSWORD: { secret: "hunter2" } },
        interfaces: [{ attach: { user: { forward: [{ guest: 80 }] } } }],
        gdb: { port: 12341 },
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
        interfaces: [{ attach: { network }, ipv4: { reserve: network === "lan" ? "10.66.0.20" : "10.66.1.20" } }],
        ...changes.live,
    },
    /** Never started. */
    off: { state: "stopped", args: ["off"], memory: 32, vcpus: 2, ...changes.live },
});
/** Creates that are killed: before there is a domain, before it is started, and before it is ready. */
const UNFINISHED = {
    early: {},
    half: { env: { PASSWORD: { secret: "hunter2" } } },
    late: { interfaces: [{ attach: { network: "lan" } }] },
};
const POINTS = { early: "files.put", half: "domains.define", late: "domains.start" };
const IMAGES = { data: { source: { "index.html": "page", "key.pem": { secret: "hunter2" } } } };

const opsOf = ({ steps }: Run): Record<string, string> =>
    Object.fromEntries(steps.map(({ op, urn }) => [urn.split("::").at(-1)!, op]));

/** Runs an `up` until each of the unfinished guests has come to its point, and kills the engine and the provider. */
async function killInCreate({ stack }: Either, by: By): Promise<void> {
    const points = Object.entries(POINTS).map(([name, call]) => ({
        uuid: uuidOf(`urn:pulumi:${stack.name}::either::${TYPES[by]}::${name}`),
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

/** The persist disk's file on the host. */
async function persistFile({
    host: {
        env: { PULUMI_UNIKERNEL_DIR: base },
    },
}: Either): Promise<string> {
    const names = await readdir(base, { recursive: true });
    return join(base, names.find((name) => name.includes(".persist."))!);
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
    for (const run of [await stack.preview({ fails: true }), await stack.destroy({ fails: true })])
        expect(run.text).toMatch(state);
    await importState(stack, before);
    expect((await stack.destroy({ fails: true })).text).toMatch(
        /the domain's mark has version 2, this release reads up to 1\s+hint: install the release of pulumi-unikernel that made this guest/,
    );
    expect([await outside(host), await either.boots()]).toEqual(seen);
    await importState(stack, now);
    await installation.upgrade();
    expect(Object.keys((await stack.preview()).changes)).toEqual(["same"]);
}

async function importState(stack: Stack, text: string): Promise<void> {
    const file = join(stack.folder, "state.json");
    await writeFile(file, text);
    await stack.pulumi(["stack", "import", "--file", file]);
}

test.each<By>(["plugin", "dynamic"])("guests that release 0.1.0 made by %s live on under this one", async (by) => {
    await Either.with(
        host,
        `upgrade-${by}`,
        async (either) => {
            const { stack } = either;
            const live = { onCrash: "preserve", shutdownTimeout: 2, autostart: true, deleteData: true };
            await either.declare(by, guests("lan"), IMAGES);
            const unchanged = Object.fromEntries(Object.keys(opsOf(await stack.up())).map((name) => [name, "same"]));
            await either.declare(by, { ...guests("lan"), ...UNFINISHED }, IMAGES);
            await killInCreate(either, by);
            const boots = await either.boots();
            const data = await persistFile(either);
            await write(data);
            const before = await either.identities();
            expect((await outside(host)).domains).toMatchObject({
                [before.web!.name]: "running",
                [before.db!.name]: "running",
                [before.off!.name]: "shut off",
            });

            const { text: old } = await stack.exportState();
            await installation.upgrade();
            const preview = opsOf(await stack.preview());
            expect(preview).toMatchObject({ ...unchanged, early: "create", half: "create", late: "create" });

            // The creates are finished; the guests that were whole do not notice.
            expect(opsOf(await stack.up())).toMatchObject({
                ...unchanged,
                early: "create",
                half: "create",
                late: "create",
            });
            expect(await either.boots()).toEqual(expect.arrayContaining(boots));
            const running = await either.boots();
            expect(running).toHaveLength(5);
            expect(await either.identities()).toMatchObject(before);
            expect(Object.keys((await stack.refresh()).changes)).toEqual(["same"]);

            expect(await versions(either)).toEqual({ web: 1, db: 1, off: 1, early: 2, half: 2, late: 2 });

            // A live change stays live. `deleteData` is for the destroy at the end: nothing may stay.
            await either.declare(by, { ...guests("other", { live }), ...UNFINISHED }, IMAGES);
            expect(opsOf(await stack.up())).toMatchObject({
                web: "update",
                db: "update",
                off: "update",
                early: "same",
            });
            expect(await either.boots()).toEqual(running);
            expect(await host.virsh("domiflist", before.db!.name)).toContain("other");
            expect(Object.keys((await stack.preview()).changes)).toEqual(["same"]);

            expect(await versions(either)).toEqual({ web: 2, db: 2, off: 2, early: 2, half: 2, late: 2 });
            await refuseDowngrade(either, old);

            // A restart keeps the data.
            await either.declare(by, { ...guests("other", { args: ["two"], live }), ...UNFINISHED }, IMAGES);
            await stack.up();
            expect(await read(data)).toBe(WRITTEN);
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
