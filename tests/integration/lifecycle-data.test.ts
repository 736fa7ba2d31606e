import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { closeHosts, openHost } from "../../backends/libvirt";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { type PlanOptions, testContext } from "../support/plans";

// Starts of real guests, on machines that do other things too.
jest.setTimeout(900_000);

let its: Lifecycle;
let image: string;
beforeAll(async () => {
    its = await openLifecycle();
    image = join(its.host.folder, "seed.img");
    writeFileSync(image, "seed".padEnd(64 * 1024, "."));
});
afterAll(() => its.close());

const withDisk = (options: Partial<PlanOptions> = {}): PlanOptions =>
    its.guest({ blocks: [{ path: image, name: "db", access: "persist" }], ...options });
const changed = (guest: PlanOptions): PlanOptions => ({ ...guest, args: ["changed"] });

/** The guest that ran still runs, as the same process and by the same definition. */
async function untouched(guest: PlanOptions, work: () => Promise<unknown>, refused: object): Promise<void> {
    const before = [
        await its.process(guest),
        await its.host.virsh("dumpxml", guest.name),
        await its.host.virsh("dumpxml", "--inactive", guest.name),
    ];
    await expect(work()).rejects.toMatchObject(refused);
    expect([
        await its.process(guest),
        await its.host.virsh("dumpxml", guest.name),
        await its.host.virsh("dumpxml", "--inactive", guest.name),
    ]).toEqual(before);
}

const snapshot = (guest: PlanOptions): Promise<string> =>
    its.host.virsh("snapshot-create-as", guest.name, "nightly", "--disk-only", "--atomic");

test("an overlay that a snapshot made: update and destroy refuse, the command of the hint merges it, and nothing is lost", async () => {
    const guest = withDisk();
    await its.create(guest);
    const folder = await its.folder(guest);
    for (const name of ["README.ops", "db.persist.img.bak"]) writeFileSync(join(folder, name), "by hand");
    await snapshot(guest);
    const overlay = join(folder, "db.persist.nightly");
    expect(await its.observe(guest)).toMatchObject({ drift: { blocks: expect.anything() } });
    await untouched(guest, () => its.update(guest, changed(guest)), {
        code: "in-use",
        message: expect.stringContaining(overlay),
        hint: expect.stringContaining(`virsh blockcommit ${guest.name} vda --active --pivot --wait`),
    });
    await untouched(guest, () => its.delete(guest), {
        code: "in-use",
        message: expect.stringMatching(/snapshot nightly.*db\.persist\.nightly/),
    });
    await its.host.virsh("blockcommit", guest.name, "vda", "--active", "--pivot", "--wait");
    const context = testContext();
    await its.update(guest, changed(guest), context);
    expect(context.said.filter((line) => line.includes("README.ops"))).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(
        expect.arrayContaining(["README.ops", "db.persist.img", "db.persist.img.bak", "db.persist.nightly"]),
    );
    // The snapshot's record is still there.
    await untouched(guest, () => its.delete(changed(guest)), {
        code: "in-use",
        message: expect.stringContaining("snapshot nightly"),
    });
    await its.host.virsh("snapshot-delete", guest.name, "nightly", "--metadata");
    await its.delete(changed(guest), context);
    expect(context.said.join("\n")).toMatch(/left .*README\.ops/);
    expect(await its.files(guest)).toEqual([
        "README.ops",
        "db.persist.img",
        "db.persist.img.bak",
        "db.persist.nightly",
    ]);
});

test("an overlay of a guest that is off is refused too; deleteData takes it along", async () => {
    const guest = withDisk();
    await its.create(guest);
    await snapshot(guest);
    await its.host.virsh("destroy", guest.name);
    await expect(its.update(guest, changed(guest))).rejects.toMatchObject({
        code: "in-use",
        hint: expect.stringMatching(/^virsh start/),
    });
    await its.delete({ ...guest, deleteData: true });
    await its.expectNothing(guest);
});

test("a folder that is not mounted: no persist disk is seeded again, running or off", async () => {
    const guest = withDisk();
    await its.create(guest);
    const folder = await its.folder(guest);
    writeFileSync(join(folder, "db.persist.img"), "written", { flag: "r+" });
    renameSync(folder, `${folder}.away`);
    const refused = {
        code: "not-found",
        property: "blocks[0]",
        message: expect.stringContaining(`${folder}/db.persist.img`),
    };
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
        const refused = {
            code: "not-found",
            message: expect.stringMatching(
                new RegExp(`persist disk db.*${its.host.env.PULUMI_UNIKERNEL_DIR}/.*${other}/`),
            ),
            hint: expect.stringContaining(its.host.env.PULUMI_UNIKERNEL_DIR),
        };
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

test("reseed: the disk begins again from its image once, a failed update leaves it alone, former data are kept under another name and counted", async () => {
    const again = (reseed: string | undefined, more: Partial<PlanOptions> = {}): PlanOptions =>
        withDisk({ name: "again", blocks: [{ path: image, name: "db", access: "persist", reseed }], ...more });
    const first = again(undefined);
    await its.create(first);
    const folder = await its.folder(first);
    const disks = async (): Promise<string[]> => (await its.files(first)).filter((name) => name.startsWith("db."));
    const beginOf = (name: string): string => readFileSync(join(folder, name), "utf8").slice(0, 7).replace(/\.+$/, "");
    writeFileSync(join(folder, "db.persist.img"), "written", { flag: "r+" });

    await expect(its.update(first, again("monday", { env: { TEST: "panic" } }))).rejects.toMatchObject({
        code: "rolled-back",
    });
    expect(await disks()).toEqual(["db.persist.img"]);
    expect(beginOf("db.persist.img")).toBe("written");

    const context = testContext();
    await its.update(first, again("monday"), context);
    const second = (await disks()).find((name) => name.includes(".persist."))!;
    expect(await disks()).toEqual(["db.kept.1.img", second]);
    expect([beginOf("db.kept.1.img"), beginOf(second)]).toEqual(["written", "seed"]);
    expect(context.said.join("\n")).toContain(`former data are kept as ${folder}/db.kept.1.img`);
    expect(await its.observe(again("monday"))).toMatchObject({ drift: {}, unfinished: false });

    // The same text again, another change, and a program that dropped the text after a replacement: no new seeding.
    writeFileSync(join(folder, second), "more...", { flag: "r+" });
    const process = await its.process(first);
    await its.update(again("monday"), again("monday"), context);
    expect(await its.process(first)).toBe(process);
    await its.update(again("monday"), changed(again("monday")), context);
    await its.delete(changed(again("monday")), context);
    expect(await disks()).toEqual(["db.kept.1.img", second]);
    await its.create(first);
    expect(beginOf(second)).toBe("more");

    // A file that is lost is refused, and the argument of the hint puts it right.
    renameSync(join(folder, second), join(folder, "lost"));
    await untouched(first, () => its.update(again("monday"), changed(again("monday"))), {
        code: "not-found",
        hint: expect.stringContaining("blocks[0].reseed"),
    });
    renameSync(join(folder, "lost"), join(folder, second));
    await its.update(again("monday"), again("tuesday"), context);
    expect([(await disks()).length, beginOf("db.kept.2.img"), existsSync(join(folder, "db.kept.1.img"))]).toEqual([
        2,
        "more",
        false,
    ]);
    expect(context.said.join("\n")).toContain("removed db.kept.1.img, former data of the disk db (keepLast: 1)");
    await its.update(again("tuesday"), again("wednesday", { keepLast: 0 }), context);
    expect(await disks()).toEqual([expect.stringMatching(/^db\.persist\.[0-9a-f]{8}\.img$/)]);
    await its.delete(again("wednesday", { deleteData: true }));
    await its.expectNothing(first);
});

test("reseed of a guest that is off: the definition to go back to has its file until the guest was proven", async () => {
    const first = withDisk();
    const off: Partial<PlanOptions> = {
        state: "stopped",
        blocks: [{ path: image, name: "db", access: "persist", reseed: "monday" }],
    };
    await its.create(first);
    await its.update(first, { ...first, ...off });
    expect((await its.files(first)).filter((name) => name.startsWith("db."))).toEqual([
        expect.stringMatching(/^db\.persist\.[0-9a-f]{8}\.img$/),
        "db.persist.img",
    ]);
    await expect(
        its.update({ ...first, ...off }, { ...first, ...off, state: "running", env: { TEST: "panic" } }),
    ).rejects.toMatchObject({ code: "rolled-back" });
    await its.update({ ...first, ...off }, { ...first, ...off, state: "running" });
    expect((await its.files(first)).filter((name) => name.startsWith("db."))).toEqual([
        "db.kept.1.img",
        expect.stringMatching(/^db\.persist\.[0-9a-f]{8}\.img$/),
    ]);
    await its.delete({ ...first, ...off, state: "running", deleteData: true });
    await its.expectNothing(first);
});
