import { PartialError } from "../../backends";
import { openLifecycle, type Lifecycle } from "../support/lifecycle";

jest.setTimeout(120_000);

let its: Lifecycle;
beforeAll(async () => { its = await openLifecycle(); });
afterAll(() => its.close());

test("a guest that is ready and off in the same moment was ready, each time", async () => {
    const guest = its.guest({ env: { THEN: "poweroff" } });
    for (let round = 0; round < 6; round++) {
        const args = [String(round)];
        expect(await (round === 0 ? its.create({ ...guest, args }) : its.update({ ...guest, args: [String(round - 1)] }, { ...guest, args }))).toMatchObject({ unfinished: false });
    }
});

test("a processor fault ends the wait at once", async () => {
    const error: unknown = await its.create(its.guest({ env: { TEST: "trap" }, readiness: { console: "test kernel ready", timeout: 100 } })).catch((caught: unknown) => caught);
    if (!(error instanceof PartialError)) throw error;
    expect(error.reasons[0]).toMatch(/ended before it was ready: FATAL TRAP: page fault at 0x0/);
});

test("a crash that the guest tells its hypervisor is called a crash", async () => {
    const { rawKernel } = await (await import("../guests/build.mjs")).buildTestKernels();
    const guest = its.guest({ guest: "raw", kernel: rawKernel, args: ["TEST=crash"], qemuArgs: ["-device", "pvpanic"] });
    const error: unknown = await its.create(guest).catch((caught: unknown) => caught);
    if (!(error instanceof PartialError)) throw error;
    expect(error.reasons[0]).toMatch(/ended before it was ready: it crashed/);
    expect(await its.host.virsh("domstate", "--reason", guest.name)).toBe("shut off (crashed)");
});
