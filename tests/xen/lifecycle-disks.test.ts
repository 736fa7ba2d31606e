import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { PlanOptions } from "../support/plans";
import { openXenLifecycle, type XenLifecycle } from "../support/xenLifecycle";

jest.setTimeout(900_000);

let its: XenLifecycle;
const local = mkdtempSync(join(tmpdir(), "xen-disks-"));
const image = (name: string): string => {
    const path = join(local, `${name}.img`);
    writeFileSync(path, Buffer.alloc(64 * 1024, name));
    return path;
};
beforeAll(async () => {
    its = await openXenLifecycle();
}, 900_000);
afterAll(async () => {
    rmSync(local, { recursive: true });
    await its?.close();
});

/** What the guest says of its disks and interfaces, in its own order. */
const plugs = async ({ name }: PlanOptions) =>
    (await its.host.guestConsole(name)).split("\n").filter((line) => /^(vbd|vif) /.test(line));

test("disks are private copies behind QEMU, and vifs come in order with their MACs, as the guest sees them", async () => {
    const [read, keep] = [image("read"), image("keep")];
    const macs = ["52:54:00:66:00:02", "52:54:00:66:00:01"];
    const guest = its.guest({
        blocks: [
            { path: read, name: "read" },
            { path: keep, name: "keep", access: "persist" },
        ],
        interfaces: macs.map((mac) => ({ mac, attach: { bridge: "xenbr0" } })),
    });
    const made = await its.create(guest);
    expect(made).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(await its.observe(guest)).toEqual(made);
    const folder = await its.folder(guest);
    const seen = await plugs(guest);
    expect(seen).toEqual(
        expect.arrayContaining([
            expect.stringMatching(
                `^vbd 51712 .*dev=xvda mode=w type=qdisk params=aio:${folder}/read-[0-9a-f]{16}\\.scratch\\.img`,
            ),
            expect.stringMatching(`^vbd 51728 .*dev=xvdb mode=w type=qdisk params=aio:${folder}/keep\\.persist\\.img`),
            expect.stringContaining(`vif 0 mac=${macs[0]} bridge=xenbr0`),
            expect.stringContaining(`vif 1 mac=${macs[1]} bridge=xenbr0`),
        ]),
    );

    // What a guest wrote is gone from its scratch copy after a restart, and kept on its persist disk.
    const scratch = (await its.files(guest)).find((name) => name.endsWith(".scratch.img"))!;
    for (const name of [scratch, "keep.persist.img"])
        await its.host.run("sh", "-c", `printf written | dd of=${folder}/${name} conv=notrunc 2>/dev/null`);
    const next = { ...guest, args: ["two"] };
    await its.update(guest, next);
    const begins = (name: string) => its.host.run("head", "-c", "7", `${folder}/${name}`);
    expect([await begins(scratch), await begins("keep.persist.img")]).toEqual(["readrea", "written"]);
    expect(await plugs(guest)).toEqual(seen);
    await its.delete({ ...next, deleteData: true });
    await its.expectNothing(guest);
});

test("a disk that is only read is read-only for the guest too, on a loop device that goes with it", async () => {
    const guest = its.guest({ guest: "raw", args: ["ACPI=on"], blocks: [{ path: image("shared"), name: "shared" }] });
    expect(await its.create(guest)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(await its.observe(guest)).toMatchObject({ drift: {}, unfinished: false });
    expect(await plugs(guest)).toEqual([
        expect.stringMatching(`^vbd 51712 .*dev=xvda mode=r type=phy params=${await its.folder(guest)}/shared-`),
    ]);
    await its.delete(guest);
    await its.expectNothing(guest);
});
