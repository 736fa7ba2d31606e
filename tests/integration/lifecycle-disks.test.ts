import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Access } from "../../model";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { type PlanOptions, testContext } from "../support/plans";

// Restarts of real guests, on machines that do other things too.
jest.setTimeout(900_000);

let its: Lifecycle;
let images: { one: string; two: string };
beforeAll(async () => {
    its = await openLifecycle();
    const image = (name: string, content: string) => {
        const path = join(its.host.folder, name);
        writeFileSync(path, content.padEnd(64 * 1024, "."));
        return path;
    };
    images = { one: image("one.img", "one"), two: image("two.img", "two") };
});
afterAll(() => its.close());

const disk = (path: string, access: Access) => [{ path, name: "data", access }];

/** What a guest's disk begins with; the guest's writes are the test's, into the file that QEMU has open. */
async function content(guest: PlanOptions, pattern: RegExp): Promise<string> {
    return readFileSync(await file(guest, pattern), "utf8").slice(0, 7);
}

async function write(guest: PlanOptions, pattern: RegExp): Promise<void> {
    writeFileSync(await file(guest, pattern), "written", { flag: "r+" });
}

async function file(guest: PlanOptions, pattern: RegExp): Promise<string> {
    const folder = await its.folder(guest);
    const found = readdirSync(folder).filter((name) => pattern.test(name));
    expect(found).toHaveLength(1);
    return join(folder, found[0]!);
}

const PERSIST = /^data\.persist\.img$/,
    SCRATCH = /^data-[0-9a-f]{16}\.scratch\.img$/,
    READ = /^data-[0-9a-f]{16}\.img$/;

test("a persist disk is seeded once: no restart, rollback, delete, replace or changed image takes what is in it", async () => {
    const guest = its.guest({ blocks: disk(images.one, "persist") });
    await its.create(guest);
    expect(await content(guest, PERSIST)).toBe("one....");
    await write(guest, PERSIST);
    const changed = { ...guest, args: ["again"], blocks: disk(images.two, "persist") };
    await its.update(guest, changed);
    expect(await content(guest, PERSIST)).toBe("written");
    await expect(its.update(changed, { ...changed, env: { TEST: "panic" } })).rejects.toMatchObject({
        code: "rolled-back",
    });
    expect(await content(guest, PERSIST)).toBe("written");
    // Without the disk for a while.
    await its.update(changed, { ...changed, blocks: [] });
    expect(await content(guest, PERSIST)).toBe("written");
    const context = testContext();
    await its.delete(changed, context);
    expect(context.said.join("\n")).toMatch(/kept \/.*data\.persist\.img; set deleteData: true/);
    expect(await its.files(guest)).toEqual(["data.persist.img"]);
    await its.create(guest);
    expect(await content(guest, PERSIST)).toBe("written");
    await its.delete({ ...guest, deleteData: true });
    await its.expectNothing(guest);
});

test("a create that fails keeps a persist disk that was there, and none that it made", async () => {
    const broken = its.guest({ blocks: disk(images.one, "persist"), qemuArgs: ["-nonsense"] });
    await expect(its.create(broken)).rejects.toMatchObject({ property: "qemuArgs" });
    await its.expectNothing(broken);
    const guest = { ...broken, qemuArgs: undefined };
    await its.create(guest);
    await write(guest, PERSIST);
    await its.delete(guest);
    await expect(its.create(broken)).rejects.toMatchObject({ property: "qemuArgs" });
    expect(await content(guest, PERSIST)).toBe("written");
});

test("a scratch disk is fresh at every start, and private", async () => {
    const guest = its.guest({ blocks: disk(images.one, "scratch") });
    await its.create(guest);
    await write(guest, SCRATCH);
    expect(await content(guest, READ)).toBe("one....");
    await its.update(guest, { ...guest, autostart: true });
    expect(await content(guest, SCRATCH)).toBe("written");
    const off = { ...guest, state: "stopped" as const };
    await its.update(guest, off);
    await its.update(off, guest);
    expect(await content(guest, SCRATCH)).toBe("one....");
    await write(guest, SCRATCH);
    const next = { ...guest, args: ["again"] };
    await its.update(guest, next);
    expect(await content(guest, SCRATCH)).toBe("one....");
    await write(guest, SCRATCH);
    await expect(
        its.update(next, { ...next, blocks: disk(images.two, "scratch"), env: { TEST: "panic" } }),
    ).rejects.toMatchObject({ code: "rolled-back" });
    expect(await content(guest, SCRATCH)).toBe("one....");
    const other = { ...next, blocks: disk(images.two, "scratch") };
    await its.update(next, other);
    expect(await content(guest, SCRATCH)).toBe("two....");
});

test("a guest owns what it boots from: neither a lost image nor a lost kernel touches it", async () => {
    const kernel = join(its.host.folder, "kernel.elf");
    writeFileSync(kernel, readFileSync(its.kernel));
    const guest = its.guest({ kernel, blocks: disk(images.one, "read") });
    await its.create(guest);
    chmodSync(kernel, 0);
    expect(readFileSync(await file(guest, /^kernel-/))).toEqual(readFileSync(its.kernel));
    await its.host.virsh("destroy", guest.name);
    await its.host.virsh("start", guest.name);
    expect(statSync(await file(guest, READ)).mode & 0o777).toBe(0o644);
    chmodSync(kernel, 0o644);
    await its.delete(guest);
    await its.expectNothing(guest);
});

test("a configuration with a secret is a file that only its guest can read", async () => {
    const guest = its.guest({ env: { PASSWORD: "hunter2" }, secrets: ["env.PASSWORD"] });
    const { consoleLog } = await its.create(guest);
    expect(readFileSync(consoleLog!, "utf8")).toContain("env PASSWORD=hunter2");
    expect(statSync(await file(guest, /^initrd-/)).mode & 0o777).toBe(0o600);
    expect(await its.host.virsh("dumpxml", "--security-info", guest.name)).not.toContain("hunter2");
});
