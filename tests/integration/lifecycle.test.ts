import { readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { PartialError } from "../../backends";
import { MARK_NAMESPACE } from "../../backends/libvirt/xml/names";
import { UnikernelError } from "../../model";
import { type GuestOptions, type Lifecycle, openLifecycle } from "../support/lifecycle";
import { testContext, testPlan } from "../support/plans";

// Restarts of real guests, on machines that do other things too.
jest.setTimeout(900_000);

let its: Lifecycle;
beforeAll(async () => {
    its = await openLifecycle();
});
afterAll(() => its.close());

const MAC = "52:54:00:11:22:33";
const user = [{ mac: MAC, attach: { user: { forward: [] } } }];

test("a guest comes, is seen, changes in place, and goes without a trace", async () => {
    const guest = its.guest({ interfaces: user, args: ["one"] });
    const {
        spec: { uuid },
        bootDigest,
    } = await testPlan(guest);
    const made = await its.create(guest);
    expect(made).toMatchObject({ state: "running", bootDigest, drift: {}, unfinished: false, host: its.host.uuid });
    expect(made.consoleCommand).toContain(guest.name);
    expect(await its.observe(guest)).toEqual(made);
    expect(await its.host.virsh("domuuid", guest.name)).toBe(uuid);

    const next = { ...guest, args: ["two"] };
    const [before, definition] = [await its.process(guest), await its.host.virsh("dumpxml", guest.name)];
    expect(await its.update(guest, next)).toMatchObject({
        state: "running",
        bootDigest: (await testPlan(next)).bootDigest,
        unfinished: false,
    });
    const xml = await its.host.virsh("dumpxml", guest.name);
    expect(await its.process(guest)).not.toBe(before);
    expect(xml).toContain(uuid);
    for (const one of [definition, xml]) expect(one).toContain(`mac=${MAC}`);
    expect(xml).toMatch(/phase=.ready./);
    expect(await its.files(guest)).toEqual([expect.stringMatching(/^initrd-/), expect.stringMatching(/^kernel-/)]);
    expect(await its.host.exec("cat", [made.consoleLog!])).toMatchObject({
        stdout: expect.stringMatching(/argv\[1\] two/) as string,
    });

    await its.delete(next);
    await its.expectNothing(guest);
    expect(await its.observe(guest)).toBeUndefined();
    await its.delete(next);
});

test("a guest runs, pauses, goes on and stops by its declaration, and is not restarted for it", async () => {
    const guest = its.guest({ state: "paused" });
    expect(await its.create(guest)).toMatchObject({ state: "paused", unfinished: false });
    const before = await its.process(guest);
    for (const [state, shown] of [
        ["running", "running"],
        ["paused", "paused"],
        ["running", "running"],
        ["stopped", "shut off"],
    ] as const) {
        expect(await its.update(guest, { ...guest, state })).toMatchObject({ state });
        expect(await its.host.virsh("domstate", guest.name)).toBe(shown);
        expect(await its.process(guest)).toBe(state === "stopped" ? "" : before);
    }
});

test("a guest that shall be stopped is neither started by its create nor by an update", async () => {
    const guest = its.guest({ state: "stopped" });
    expect(await its.create(guest)).toMatchObject({ state: "stopped", unfinished: false });
    expect(await its.update(guest, { ...guest, args: ["other"] })).toMatchObject({ state: "stopped" });
    expect(await its.host.virsh("domstate", guest.name)).toBe("shut off");
    expect(await its.update(guest, { ...guest, args: ["other"], state: "running" })).toMatchObject({
        state: "running",
    });
});

test("nothing happens where nothing changed; autostart, onCrash and a description change while it runs; a description that is not declared stays as others wrote it", async () => {
    const guest = its.guest();
    await its.create(guest);
    const before = await its.process(guest);
    // No create was interrupted, so another stack may have this guest in its state.
    await expect(its.create(guest)).rejects.toMatchObject({ code: "not-ours" });
    await its.update(guest, guest);
    expect(await its.process(guest)).toBe(before);

    const written = async (element: string): Promise<void> => {
        for (const inactive of [[], ["--inactive"]])
            expect(await its.host.virsh("dumpxml", ...inactive, guest.name)).toContain(element);
    };
    await its.host.virsh("desc", guest.name, "--live", "--config", "by hand");
    const next: typeof guest = { ...guest, autostart: true, onCrash: "preserve" };
    await its.update(guest, next);
    expect(await its.host.virsh("dominfo", guest.name)).toMatch(/Autostart:\s+enable/);
    await written("<on_crash>preserve</on_crash>");
    await written("<description>by hand</description>");
    expect(await its.observe(next)).toMatchObject({ drift: {}, bootDigest: (await testPlan(next)).bootDigest });

    const described = { ...next, description: "Shop <front> & back\nsecond line" };
    await its.update(next, described);
    await written("<description>Shop &lt;front&gt; &amp; back\nsecond line</description>");
    expect(await its.process(guest)).toBe(before);
    expect(await its.observe(described)).toMatchObject({
        drift: {},
        bootDigest: (await testPlan(described)).bootDigest,
    });
    await its.host.virsh("desc", guest.name, "--live", "by hand");
    expect(await its.observe(described)).toMatchObject({ drift: { description: "by hand" } });

    const off = { ...described, description: "off", state: "stopped" as const };
    await its.update(described, off);
    expect(await its.observe(off)).toMatchObject({ state: "stopped", drift: {} });
    await its.update(off, { ...guest, args: ["other"] });
    await written("<description>off</description>");
});

test("a guest that listens is asked to shut down; one that does not answer is forced after its time", async () => {
    // The raw ABI says that its guests hear the power button; whether this one does is its own affair.
    const { rawKernel } = await (await import("../guests/build.mjs")).buildTestKernels();
    for (const [word, says] of [
        ["ACPI=on", /power button/],
        ["ACPI=off", /ready\s*$/],
    ] as const) {
        const guest = its.guest({ guest: "raw", kernel: rawKernel, args: [word], shutdownTimeout: 2 });
        const { consoleLog } = await its.create(guest);
        await its.update(guest, { ...guest, state: "stopped" });
        expect(await its.host.virsh("domstate", guest.name)).toBe("shut off");
        expect((await its.host.exec("cat", [consoleLog!])).stdout).toMatch(says);
    }
});

test("a guest with a persist disk is asked first, too, when its update failed; so is one that is adopted", async () => {
    const { rawKernel } = await (await import("../guests/build.mjs")).buildTestKernels();
    const disk = join(its.host.folder, "asked.img");
    writeFileSync(disk, Buffer.alloc(64 * 1024));
    const guest = its.guest({
        guest: "raw",
        kernel: rawKernel,
        args: ["ACPI=on"],
        shutdownTimeout: 60,
        blocks: [{ path: disk, name: "data", access: "persist" }],
    });
    const { consoleLog } = await its.create(guest);
    const last = async (): Promise<string> => readFile(join(dirname(consoleLog!), "console.last.log"), "utf8");
    const never = { ...guest, args: ["ACPI=on", "never"], readiness: { console: "is never said", timeout: 2 } };
    await expect(its.update(guest, never)).rejects.toMatchObject({ code: "rolled-back" });
    expect(await last()).toMatch(/never[^]*power button/);

    await its.host.virsh("metadata", guest.name, MARK_NAMESPACE, "--remove", "--live", "--config");
    await its.create({ ...guest, args: ["ACPI=on", "adopted"], adopt: true });
    expect(await last()).toMatch(/power button/);
});

test.each<[string, GuestOptions, RegExp, { mended: boolean }]>([
    ["panics", { env: { TEST: "panic" } }, /ended before it was ready: .*as told by the test/, { mended: true }],
    ["halts", { env: { TEST: "halt" } }, /ended before it was ready/, { mended: false }],
    ["exits", { env: { TEST: "exit:3" } }, /ended before it was ready: .*3/, { mended: false }],
    ["powers off", { env: { TEST: "poweroff" } }, /ended before it was ready: it powered off/, { mended: false }],
    [
        "hangs",
        { env: { TEST: "hang" }, readiness: { console: "test kernel ready", timeout: 2 } },
        /not ready after 2 s: waited for \/test kernel ready\/ on the console/,
        { mended: true },
    ],
    [
        "prints what a pattern never decides",
        { env: { TEST: "hang" }, readiness: { console: "^(.+)+never$", timeout: 60 } },
        /not ready: the regular expression \/\^\(\.\+\)\+never\$\/ was not decided within 1000 ms/,
        { mended: false },
    ],
])("a guest that %s is there, and its create fails with the console", async (_how, options, says, { mended }) => {
    const guest = its.guest({ readiness: { console: "test kernel ready", timeout: 60 }, ...options });
    const error: unknown = await its.create(guest).catch((caught: unknown) => caught);
    if (!(error instanceof PartialError)) throw error;
    expect(error.observation).toMatchObject({ unfinished: true });
    expect(error.reasons[0]).toMatch(says);
    expect(error.reasons[0]).toContain(`env TEST=${options.env!.TEST}`);
    expect(error.cause).toBeInstanceOf(UnikernelError);
    expect(await its.observe(guest)).toMatchObject({ unfinished: true });
    // State knows it: the next update mends it, whether it is off or runs.
    const good = { ...guest, env: {}, readiness: { console: "test kernel ready", timeout: 60 } };
    if (mended) expect(await its.update(guest, good)).toMatchObject({ state: "running", unfinished: false });
    await its.delete(good);
    await its.expectNothing(good);
});

test("without readiness, create ends when the domain runs", async () => {
    const guest = its.guest({ readiness: undefined, env: { TEST: "hang" } });
    expect(await its.create(guest)).toMatchObject({ state: "running", unfinished: false });
});

test.each<[string, GuestOptions, { changedAgain: boolean }]>([
    ["panics", { env: { TEST: "panic" } }, { changedAgain: false }],
    [
        "never gets ready",
        { env: { TEST: "hang" }, readiness: { console: "test kernel ready", timeout: 2 } },
        { changedAgain: false },
    ],
    ["cannot be started", { gdb: { port: 1, address: "192.0.2.1" } }, { changedAgain: true }],
])("an update whose guest %s: the old one serves again", async (_how, options, { changedAgain }) => {
    const guest = its.guest({ args: ["good"] });
    const made = await its.create(guest);
    const files = await its.files(guest);
    const context = testContext();
    const error: unknown = await its
        .update(guest, { ...guest, ...options, memory: 24 }, context)
        .catch((caught: unknown) => caught);
    expect(error).toMatchObject({
        code: "rolled-back",
        message: expect.stringMatching(/the last good guest is back/) as string,
    });
    if (options.env) {
        const { console, hint } = error as UnikernelError;
        expect(console).toContain(`env TEST=${options.env.TEST}`);
        const log = /^its whole console is in (\/.*)$/.exec(hint!)![1]!;
        expect((await its.host.exec("cat", [log])).stdout).toContain(`env TEST=${options.env.TEST}`);
    }
    expect(await its.observe(guest)).toEqual(made);
    expect(await its.files(guest)).toEqual(files);
    expect((await its.host.exec("cat", [made.consoleLog!])).stdout).toMatch(/argv\[1\] good[^]*test kernel ready/);
    expect(context.said.join("\n")).toMatch(/going back to the last good guest/);
    // And the next update works as if nothing had been.
    if (!changedAgain) return;
    expect(await its.update(guest, { ...guest, args: ["better"] })).toMatchObject({
        state: "running",
        unfinished: false,
    });
});

test("a kernel that came while the guest was stopped or paused is not proven: the last good one and its files stay until it is", async () => {
    const kernel = join(its.host.folder, "next.elf");
    writeFileSync(kernel, Buffer.concat([readFileSync(its.kernel), Buffer.alloc(1)]));
    for (const state of ["stopped", "paused"] as const) {
        const guest = its.guest({ args: ["good"] });
        await its.create(guest);
        const before = await its.files(guest);
        const next = { ...guest, kernel, env: { TEST: "panic" } };
        expect(await its.update(guest, { ...next, state })).toMatchObject({ state, unfinished: false });
        const both = await its.files(guest);
        expect(both).toEqual(expect.arrayContaining(before));
        // Nothing to do, and still not proven.
        await its.update({ ...next, state }, { ...next, state });
        expect(await its.files(guest)).toEqual(both);
        await expect(its.update({ ...next, state }, next)).rejects.toMatchObject({ code: "rolled-back" });
        expect(await its.files(guest)).toEqual(before);
        expect(await its.update(next, guest)).toMatchObject({ state: "running", unfinished: false });

        const good = { ...guest, kernel };
        await its.update(guest, { ...good, state });
        await its.update({ ...good, state }, good);
        expect((await its.files(guest)).filter((name) => name.startsWith("kernel-"))).toEqual(
            both.filter((name) => name.startsWith("kernel-") && !before.includes(name)),
        );
    }
});

test("a rollback leaves a paused guest paused, and does not start one that was stopped", async () => {
    for (const [state, shown] of [
        ["paused", "paused"],
        ["stopped", "shut off"],
    ] as const) {
        const guest = its.guest({ state });
        await its.create(guest);
        await expect(its.update(guest, { ...guest, state: "running", env: { TEST: "panic" } })).rejects.toMatchObject({
            code: "rolled-back",
        });
        expect(await its.host.virsh("domstate", guest.name)).toBe(shown);
        expect(await its.observe(guest)).toMatchObject({ state, drift: {}, unfinished: false });
    }
});
