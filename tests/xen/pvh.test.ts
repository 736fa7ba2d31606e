import type { PlanOptions } from "../support/plans";
import { openXenLifecycle, type XenLifecycle } from "../support/xenLifecycle";

jest.setTimeout(900_000);

let its: XenLifecycle;
let kernel: string;
beforeAll(async () => {
    its = await openXenLifecycle();
    kernel = await (await import("../guests/xen/build.mjs")).buildPvhTestKernel();
}, 900_000);
afterAll(() => its?.close());

test("a kernel that is PVH and nothing else boots as PVH, is updated in place, and rolled back when the next one crashes", async () => {
    const guest: PlanOptions = its.guest({ kernel, guest: "raw", args: ["one two"], memory: 32, shutdownTimeout: 0 });
    expect(await its.create(guest)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(await its.host.guestConsole(guest.name)).toContain("started as PVH, command line one two\n");
    expect(await its.host.virsh("dumpxml", guest.name)).toContain("<type arch='x86_64' machine='xenpvh'>xenpvh</type>");
    expect(await its.host.run("xl", "list", "-l", guest.name)).toContain('"type": "pvh"');
    expect(await its.observe(guest)).toMatchObject({ drift: {}, unfinished: false });

    const next = { ...guest, args: ["three"] };
    expect(await its.update(guest, next)).toMatchObject({ state: "running", unfinished: false });
    expect(await its.host.guestConsole(guest.name)).toContain("command line three\n");
    const bad = { ...next, args: ["THEN=panic"], readiness: { console: "never said", timeout: 20 } };
    await expect(its.update(next, bad)).rejects.toMatchObject({
        code: "rolled-back",
        console: expect.arrayContaining(["panic: as told by the test"]) as string[],
    });
    expect(await its.observe(next)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(await its.host.guestConsole(guest.name)).toContain("command line three\n");
    await its.delete(next);
    await its.expectNothing(guest);
});
