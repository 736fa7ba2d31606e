import { PartialError } from "../../backends";
import { LONG } from "../support/killed";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { until } from "../support/processes";

jest.setTimeout(900_000);

let its: Lifecycle;
beforeAll(async () => {
    its = await openLifecycle();
});
afterAll(() => its.close());

test("a guest that is ready and off in the same moment was ready, each time", async () => {
    const guest = its.guest({ env: { THEN: "poweroff" } });
    for (let round = 0; round < (LONG ? 6 : 3); round++) {
        const args = [String(round)];
        expect(
            await (round === 0
                ? its.create({ ...guest, args })
                : its.update({ ...guest, args: [String(round - 1)] }, { ...guest, args })),
        ).toMatchObject({ unfinished: false });
    }
});

test("a processor fault ends the wait at once", async () => {
    const error: unknown = await its
        .create(its.guest({ env: { TEST: "trap" }, readiness: { console: "test kernel ready", timeout: 100 } }))
        .catch((caught: unknown) => caught);
    if (!(error instanceof PartialError)) throw error;
    expect(error.reasons[0]).toMatch(/ended before it was ready: FATAL TRAP: page fault at 0x0/);
});

test("a crash that the guest tells its hypervisor is called a crash", async () => {
    const { rawKernel } = await (await import("../guests/build.mjs")).buildTestKernels();
    const guest = its.guest({
        guest: "raw",
        kernel: rawKernel,
        args: ["TEST=crash"],
        qemuArgs: ["-device", "pvpanic"],
    });
    const error: unknown = await its.create(guest).catch((caught: unknown) => caught);
    if (!(error instanceof PartialError)) throw error;
    expect(error.reasons[0]).toMatch(/ended before it was ready: it crashed/);
    expect(await its.host.virsh("domstate", "--reason", guest.name)).toBe("shut off (crashed)");
});

test("a guest that halted after it was ready is stopped, and an update boots it again; its log is read once", async () => {
    const guest = its.guest({ env: { THEN: "halt" } });
    await its.create(guest);
    const before = await its.process(guest);
    // Its host says that it runs, and so it does until it has printed its end.
    await until(async () => (await its.observe(guest))?.state === "stopped");
    expect(await its.host.virsh("domstate", guest.name)).toBe("running");
    expect(await its.observe(guest)).toMatchObject({
        state: "stopped",
        drift: { state: "stopped" },
        unfinished: false,
    });

    const lives = { ...guest, env: {} };
    expect(await its.update(guest, lives)).toMatchObject({ state: "running", unfinished: false });
    expect(await its.process(guest)).not.toBe(before);
    expect(await its.observe(lives)).toMatchObject({ state: "running", drift: {} });
});

test("a guest that prints the words of an end and goes on is running", async () => {
    const guest = its.guest({ env: { THEN: "quote" } });
    const { consoleLog } = await its.create(guest);
    await until(async () => (await its.host.exec("cat", [consoleLog!])).stdout.includes("this is only quoted"));
    expect(await its.observe(guest)).toMatchObject({ state: "running", drift: {} });
    const before = await its.process(guest);
    await its.update(guest, guest);
    expect(await its.process(guest)).toBe(before);
});
