import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { openLifecycle, type Lifecycle } from "../support/lifecycle";
import type { PlanOptions } from "../support/plans";

// Starts of real guests, on machines that do other things too.
jest.setTimeout(120_000);

let its: Lifecycle;
let disk: PlanOptions["blocks"];
beforeAll(async () => {
    its = await openLifecycle({ qemuConf: ["dynamic_ownership = 0"] });
    const image = join(its.host.folder, "seed.img");
    writeFileSync(image, "seed".padEnd(64 * 1024, "."));
    disk = [{ path: image, name: "db", access: "persist" }];
});
afterAll(() => its.close());

test("a host that hands no files to QEMU's user: a disk that only its owner may read is refused with the setting's name", async () => {
    const guest = its.guest({ blocks: disk });
    await expect(its.create(guest)).rejects.toMatchObject({
        code: "permission", property: "blocks[0]", message: expect.stringContaining("db.persist.img"), hint: expect.stringContaining("dynamic_ownership = 0"),
    });
    await its.expectNothing(guest);
});

test("an update that adds such a disk goes back to the last good guest, and says the same", async () => {
    const guest = its.guest();
    await its.create(guest);
    await expect(its.update(guest, { ...guest, blocks: disk })).rejects.toMatchObject({ code: "rolled-back", hint: expect.stringContaining("dynamic_ownership = 0") });
    expect(await its.observe(guest)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    await its.delete(guest);
    await its.expectNothing(guest);
});
