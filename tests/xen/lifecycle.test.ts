import { PartialError } from "../../backends";
import { UnikernelError } from "../../model";
import type { GuestOptions } from "../support/lifecycle";
import { testContext, testPlan } from "../support/plans";
import { openXenLifecycle, type XenLifecycle } from "../support/xenLifecycle";

jest.setTimeout(900_000);

let its: XenLifecycle;
beforeAll(async () => {
    its = await openXenLifecycle();
}, 900_000);
afterAll(() => its?.close());

const MAC = "52:54:00:11:22:33";
const bridged = [{ mac: MAC, attach: { bridge: "xenbr0" } }];

test.each(["tcp", "ssh"])(
    "by xen+%s: a guest comes with its configuration, is seen, changes in place, and goes without a trace",
    async (transport) => {
        const guest = its.guest({
            interfaces: bridged,
            args: ["one"],
            env: { WORD: "a\\nb c" },
            hostname: "web",
            ...(transport === "ssh" ? { connection: its.host.sshUri } : {}),
        });
        const {
            spec: { uuid },
            boot,
            bootDigest,
        } = await testPlan(guest);
        const made = await its.create(guest);
        expect(made).toMatchObject({
            state: "running",
            bootDigest,
            drift: {},
            unfinished: false,
            consoleLog: `/var/log/xen/console/guest-${guest.name}.log`,
        });
        expect(await its.observe(guest)).toEqual(made);
        expect(await its.host.virsh("domuuid", guest.name)).toBe(uuid);
        expect(await its.host.store(guest.name, "rumprun/cfg")).toBe(boot.xenstore!.value);
        const permissions = await its.host.run(
            "sh",
            "-c",
            `xenstore-ls -p /local/domain/${await its.id(guest)}/rumprun | grep cfg`,
        );
        expect(permissions).toMatch(new RegExp(`\\(n0,r${await its.id(guest)}\\)`));
        const says = await its.host.guestConsole(guest.name);
        for (const line of ["configured by xenstore", "argv[1] one", "hostname web", "env WORD=a\\nb c", `mac=${MAC}`])
            expect(says).toContain(line);

        const next = { ...guest, args: ["two"] };
        const before = await its.id(guest);
        expect(await its.update(guest, next)).toMatchObject({
            state: "running",
            bootDigest: (await testPlan(next)).bootDigest,
            unfinished: false,
        });
        expect(await its.id(guest)).not.toBe(before);
        const xml = await its.host.virsh("dumpxml", guest.name);
        expect(xml).toContain(uuid);
        expect(xml).toContain(MAC);
        expect(xml).toMatch(/phase=.ready./);
        const now = await its.host.guestConsole(guest.name);
        expect(now).toContain("argv[1] two");
        expect(now).not.toContain("argv[1] one");
        expect(await its.files(guest)).toEqual([expect.stringMatching(/^config-/), expect.stringMatching(/^kernel-/)]);
        expect(await its.observe(next)).toMatchObject({ drift: {}, unfinished: false, state: "running" });

        await its.delete(next);
        await its.expectNothing(guest);
        expect(await its.observe(guest)).toBeUndefined();
        await its.delete(next);
    },
);

test("nothing happens where nothing changed", async () => {
    const guest = its.guest();
    await its.create(guest);
    const before = await its.id(guest);
    // No create was interrupted, so another stack may have this guest in its state.
    await expect(its.create(guest)).rejects.toMatchObject({ code: "not-ours" });
    await its.update(guest, guest);
    expect(await its.id(guest)).toBe(before);
    await its.delete(guest);
});

test("a guest runs, pauses, goes on and stops by its declaration, and is not restarted for it", async () => {
    const guest = its.guest({ state: "paused" });
    expect(await its.create(guest)).toMatchObject({ state: "paused", unfinished: false });
    expect(await its.host.guestConsole(guest.name)).toBe("");
    const before = await its.id(guest);
    for (const [state, shown] of [
        ["running", "running"],
        ["paused", "paused"],
        ["running", "running"],
        ["stopped", "shut off"],
    ] as const) {
        expect(await its.update(guest, { ...guest, state })).toMatchObject({ state });
        expect(await its.host.virsh("domstate", guest.name)).toBe(shown);
        expect(await its.id(guest)).toBe(state === "stopped" ? "-" : before);
    }
    // Off, it changes without being started; started again, it is told.
    expect(await its.update(guest, { ...guest, args: ["other"], state: "stopped" })).toMatchObject({
        state: "stopped",
    });
    expect(await its.host.virsh("domstate", guest.name)).toBe("shut off");
    expect(await its.update(guest, { ...guest, args: ["other"], state: "running" })).toMatchObject({
        state: "running",
    });
    expect(await its.host.guestConsole(guest.name)).toContain("argv[1] other");
    await its.delete(guest);
    await its.expectNothing(guest);
});

test.each<[string, GuestOptions, RegExp]>([
    ["panics", { env: { TEST: "panic" } }, /ended before it was ready: .*as told by the test/],
    ["exits", { env: { TEST: "exit:3" } }, /ended before it was ready: .*3/],
    ["powers off", { env: { TEST: "poweroff" } }, /ended before it was ready: it powered off/],
    [
        "hangs",
        { env: { TEST: "hang" }, readiness: { console: "test kernel ready", timeout: 2 } },
        /not ready after 2 s: waited for \/test kernel ready\/ on the console/,
    ],
])(
    "a guest that %s is there, its create fails with the console, and the next update mends it",
    async (_how, options, says) => {
        const guest = its.guest({ readiness: { console: "test kernel ready", timeout: 60 }, ...options });
        const error: unknown = await its.create(guest).catch((caught: unknown) => caught);
        if (!(error instanceof PartialError)) throw error;
        expect(error.observation).toMatchObject({ unfinished: true });
        expect(error.reasons[0]).toMatch(says);
        expect(error.reasons[0]).toContain(`env TEST=${options.env!.TEST}`);
        expect(error.cause).toBeInstanceOf(UnikernelError);
        expect(await its.observe(guest)).toMatchObject({ unfinished: true });
        const good = { ...guest, env: {} };
        expect(await its.update(guest, good)).toMatchObject({ state: "running", unfinished: false });
        await its.delete(good);
        await its.expectNothing(good);
    },
);

test.each<[string, GuestOptions]>([
    ["panics, and is kept for a look", { env: { TEST: "panic" }, onCrash: "preserve" }],
    ["cannot be started", { interfaces: [{ mac: MAC, attach: { bridge: "nowhere" } }] }],
])("an update whose guest %s: the old one serves again", async (_how, options) => {
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
        expect(await its.host.run("cat", log)).toContain(`env TEST=${options.env.TEST}`);
    } else {
        expect(error).toMatchObject({
            property: "interfaces[0].attach.bridge",
            message: expect.stringContaining("there is no bridge nowhere on the host") as string,
        });
    }
    expect(await its.observe(guest)).toEqual(made);
    expect(await its.files(guest)).toEqual(files);
    expect(await its.host.guestConsole(guest.name)).toMatch(/argv\[1\] good[^]*test kernel ready/);
    expect(context.said.join("\n")).toMatch(/going back to the last good guest/);
    expect(await its.update(guest, { ...guest, args: ["better"] })).toMatchObject({
        state: "running",
        unfinished: false,
    });
    await its.delete(guest);
    await its.expectNothing(guest);
});
