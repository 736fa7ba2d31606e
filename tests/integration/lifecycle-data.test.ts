import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { closeHosts, openHost } from "../../backends/libvirt";
import { openLifecycle, type Lifecycle } from "../support/lifecycle";
import { testContext, type PlanOptions } from "../support/plans";

// Starts of real guests, on machines that do other things too.
jest.setTimeout(120_000);

let its: Lifecycle;
let image: string;
beforeAll(async () => {
    its = await openLifecycle();
    image = join(its.host.folder, "seed.img");
    writeFileSync(image, "seed".padEnd(64 * 1024, "."));
});
afterAll(() => its.close());

const withDisk = (options: Partial<PlanOptions> = {}): PlanOptions => its.guest({ blocks: [{ path: image, name: "db", access: "persist" }], ...options });
const changed = (guest: PlanOptions): PlanOptions => ({ ...guest, args: ["changed"] });

/** The guest that ran still runs, as the same process and by the same definition. */
async function untouched(guest: PlanOptions, work: () => Promise<unknown>, refused: object): Promise<void> {
    const before = [await its.process(guest), await its.host.virsh("dumpxml", guest.name), await its.host.virsh("dumpxml", "--inactive", guest.name)];
    await expect(work()).rejects.toMatchObject(refused);
    expect([await its.process(guest), await its.host.virsh("dumpxml", guest.name), await its.host.virsh("dumpxml", "--inactive", guest.name)]).toEqual(before);
}

const snapshot = (guest: PlanOptions): Promise<string> => its.host.virsh("snapshot-create-as", guest.name, "nightly", "--disk-only", "--atomic");

test("an overlay that a snapshot made: update and destroy refuse, the command of the hint merges it, and nothing is lost", async () => {
    const guest = withDisk();
    await its.create(guest);
    const folder = await its.folder(guest);
    for (const name of ["README.ops", "db.persist.img.bak"]) writeFileSync(join(folder, name), "by hand");
    await snapshot(guest);
    const overlay = join(folder, "db.persist.nightly");
    expect(await its.observe(guest)).toMatchObject({ drift: { blocks: expect.anything() } });
    await untouched(guest, () => its.update(guest, changed(guest)), {
        code: "in-use", message: expect.stringContaining(overlay), hint: expect.stringContaining(`virsh blockcommit ${guest.name} vda --active --pivot --wait`),
    });
    await untouched(guest, () => its.delete(guest), { code: "in-use", message: expect.stringMatching(/snapshot nightly.*db\.persist\.nightly/) });
    await its.host.virsh("blockcommit", guest.name, "vda", "--active", "--pivot", "--wait");
    const context = testContext();
    await its.update(guest, changed(guest), context);
    expect(context.said.filter((line) => line.includes("README.ops"))).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(["README.ops", "db.persist.img", "db.persist.img.bak", "db.persist.nightly"]));
    // The snapshot's record is still there.
    await untouched(guest, () => its.delete(changed(guest)), { code: "in-use", message: expect.stringContaining("snapshot nightly") });
    await its.host.virsh("snapshot-delete", guest.name, "nightly", "--metadata");
    await its.delete(changed(guest), context);
    expect(context.said.join("\n")).toMatch(/left .*README\.ops/);
    expect(await its.files(guest)).toEqual(["README.ops", "db.persist.img", "db.persist.img.bak", "db.persist.nightly"]);
});

test("an overlay of a guest that is off is refused too; deleteData takes it along", async () => {
    const guest = withDisk();
    await its.create(guest);
    await snapshot(guest);
    await its.host.virsh("destroy", guest.name);
    await expect(its.update(guest, changed(guest))).rejects.toMatchObject({ code: "in-use", hint: expect.stringMatching(/^virsh start/) });
    await its.delete({ ...guest, deleteData: true });
    await its.expectNothing(guest);
});

test("a folder that is not mounted: no persist disk is seeded again, running or off", async () => {
    const guest = withDisk();
    await its.create(guest);
    const folder = await its.folder(guest);
    writeFileSync(join(folder, "db.persist.img"), "written", { flag: "r+" });
    renameSync(folder, `${folder}.away`);
    const refused = { code: "not-found", property: "blocks[0]", message: expect.stringContaining(`${folder}/db.persist.img`) };
    await untouched(guest, () => its.update(guest, changed(guest)), refused);
    await its.host.virsh("destroy", guest.name);
    mkdirSync(folder);
    await expect(its.update(guest, changed(guest))).rejects.toMatchObject(refused);
    await expect(its.update(guest, guest)).rejects.toMatchObject(refused);
    expect(existsSync(join(folder, "db.persist.img"))).toBe(false);
    renameSync(`${folder}.away`, folder);
    await its.update(guest, changed(guest));
    expect(readFileSync(join(folder, "db.persist.img"), "utf8").slice(0, 7)).toBe("written");
    await its.delete({ ...changed(guest), deleteData: true });
});

test("another folder in the environment is refused by update and destroy, and named with the recorded one", async () => {
    const guest = withDisk();
    await its.create(guest);
    const other = join(its.host.folder, "other");
    const open = async (folder: string): Promise<void> => {
        await closeHosts();
        process.env.PULUMI_UNIKERNEL_DIR = folder;
        await openHost(its.host.uri);
        delete process.env.PULUMI_UNIKERNEL_DIR;
    };
    await open(other);
    try {
        const refused = { code: "not-found", message: expect.stringMatching(new RegExp(`persist disk db.*${its.host.env.PULUMI_UNIKERNEL_DIR}/.*${other}/`)), hint: expect.stringContaining(its.host.env.PULUMI_UNIKERNEL_DIR) };
        await untouched(guest, () => its.update(guest, changed(guest)), refused);
        await untouched(guest, () => its.delete(guest), refused);
        expect(await its.observe(guest)).toMatchObject({ folder: its.host.env.PULUMI_UNIKERNEL_DIR });
        expect(existsSync(other)).toBe(false);
    } finally {
        await open(its.host.env.PULUMI_UNIKERNEL_DIR);
    }
    await its.delete({ ...guest, deleteData: true });
    await its.expectNothing(guest);
});
