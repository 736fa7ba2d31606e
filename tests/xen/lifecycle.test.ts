import { testContext, testPlan } from "../support/plans";
import { openXenLifecycle, type XenLifecycle } from "../support/xenLifecycle";

jest.setTimeout(90_000);

let its: XenLifecycle;
beforeAll(async () => { its = await openXenLifecycle(); }, 240_000);
afterAll(() => its?.close());

const MAC = "52:54:00:11:22:33";
const bridged = [{ mac: MAC, attach: { bridge: "xenbr0" } }];

test.each(["tcp", "ssh"])("by xen+%s: a guest comes with its configuration, is seen, changes in place, and goes without a trace", async (transport) => {
    const guest = its.guest({ interfaces: bridged, args: ["one"], env: { WORD: "a\\nb c" }, hostname: "web", ...(transport === "ssh" ? { connection: its.host.sshUri } : {}) });
    const { spec: { uuid }, boot, bootDigest } = await testPlan(guest);
    const made = await its.create(guest);
    expect(made).toMatchObject({ state: "running", bootDigest, drift: {}, unfinished: false, consoleLog: `/var/log/xen/console/guest-${guest.name}.log` });
    expect(await its.observe(guest)).toEqual(made);
    expect(await its.host.virsh("domuuid", guest.name)).toBe(uuid);
    expect(await its.host.store(guest.name, "rumprun/cfg")).toBe(boot.xenstore!.value);
    const permissions = await its.host.run("sh", "-c", `xenstore-ls -p /local/domain/${await its.id(guest)}/rumprun | grep cfg`);
    expect(permissions).toMatch(new RegExp(`\\(n0,r${await its.id(guest)}\\)`));
    const says = await its.host.guestConsole(guest.name);
    for (const line of ["configured by xenstore", "argv[1] one", "hostname web", "env WORD=a\\nb c", `mac=${MAC}`]) expect(says).toContain(line);

    const next = { ...guest, args: ["two"] };
    const before = await its.id(guest);
    expect(await its.update(guest, next)).toMatchObject({ state: "running", bootDigest: (await testPlan(next)).bootDigest, unfinished: false });
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
});
