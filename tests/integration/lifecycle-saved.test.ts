import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { type PlanOptions, testContext, testPlan } from "../support/plans";
import { workspace } from "../unit/images/workspace";

jest.setTimeout(900_000);

const { path } = workspace();
let its: Lifecycle;
beforeAll(async () => {
    its = await openLifecycle();
});
afterAll(() => its.close());

/** The host keeps the guest's memory, as libvirt-guests does at the end of a host. */
const save = ({ name }: PlanOptions, ...options: string[]): Promise<string> =>
    its.host.virsh("managedsave", name, ...options);

const hasImage = async ({ name }: PlanOptions): Promise<boolean> =>
    /Managed save:\s+yes/.test(await its.host.virsh("dominfo", name));
const printed = async (guest: PlanOptions): Promise<string> =>
    readFile(join(await its.folder(guest), "console.log"), "utf8");

test("a saved guest goes on where it was, also with what can change while it runs; what only a boot can bring is booted, and said; a failed update brings the last good one back", async () => {
    await writeFile(path("disk"), "image");
    const guest = its.guest({
        args: ["one"],
        blocks: [{ path: path("disk"), name: "disk", access: "scratch" }],
    });
    await its.create(guest);
    await save(guest);
    const scratch = join(await its.folder(guest), (await its.files(guest)).find((name) => name.includes(".scratch."))!);
    await writeFile(scratch, "what the guest wrote");
    const seen = await its.observe(guest);
    expect(seen).toMatchObject({
        state: "saved",
        drift: { state: "saved" },
        unfinished: false,
        bootDigest: (await testPlan(guest)).bootDigest,
    });

    // Nothing changed: its scratch disk and its console stay.
    const { ino } = await stat(scratch);
    expect(await its.update(guest, guest)).toMatchObject({ state: "running", unfinished: false });
    expect(await readFile(scratch, "utf8")).toBe("what the guest wrote");
    expect((await stat(scratch)).ino).toBe(ino);
    expect((await printed(guest)).match(/test kernel ready/g)).toHaveLength(1);
    expect(await hasImage(guest)).toBe(false);
    expect(await its.observe(guest)).toMatchObject({ state: "running", drift: {} });

    // A live change is made in the guest that goes on from its saved memory.
    await save(guest);
    const live: PlanOptions = { ...guest, onCrash: "preserve" };
    expect(await its.update(guest, live)).toMatchObject({ state: "running" });
    expect((await printed(guest)).match(/test kernel ready/g)).toHaveLength(1);
    for (const inactive of [[], ["--inactive"]])
        expect(await its.host.virsh("dumpxml", ...inactive, guest.name)).toContain("<on_crash>preserve</on_crash>");

    // A change that needs a boot discards the saved memory.
    await save(guest);
    const next = { ...live, args: ["two"] };
    const context = testContext();
    expect(await its.update(live, next, context)).toMatchObject({ state: "running", unfinished: false });
    expect(context.said.join("\n")).toMatch(/its saved memory image is of what it was before, and is discarded/);
    expect(await printed(next)).toMatch(/argv\[1\] two/);
    expect(await hasImage(next)).toBe(false);
    expect(await its.observe(next)).toMatchObject({ state: "running", drift: {} });

    await save(guest);
    await expect(its.update(next, { ...next, env: { TEST: "panic" } })).rejects.toMatchObject({ code: "rolled-back" });
    expect(await its.observe(next)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(await printed(next)).toMatch(/argv\[1\] two/);

    await save(guest);
    await its.delete(next);
    await its.expectNothing(next);
});

test("a guest that is declared stopped keeps its saved memory, until it is another guest; an image that is older than the definition is never resumed", async () => {
    const guest = its.guest({ args: ["one"] });
    await its.create(guest);
    await save(guest);
    const stopped: PlanOptions = { ...guest, state: "stopped" };
    expect(await its.observe(stopped)).toMatchObject({ state: "saved", drift: {} });
    await its.update(guest, stopped);
    expect(await hasImage(guest)).toBe(true);
    const image = join(its.host.folder, "lib", "qemu", "save", `${guest.name}.save`);
    await copyFile(image, path("image"));
    const next: PlanOptions = { ...guest, args: ["two"] };
    await its.update(stopped, { ...next, state: "stopped" });
    expect(await hasImage(guest)).toBe(false);
    expect(await its.host.virsh("domstate", guest.name)).toBe("shut off");

    // As a release that knew nothing of images left it: the mark is the new guest's, the memory the old one's.
    await its.host.stopDaemon();
    await copyFile(path("image"), image);
    await its.host.startDaemon();
    expect(await hasImage(guest)).toBe(true);
    expect((await its.observe(next))!.bootDigest).toBe((await testPlan(guest)).bootDigest);
    expect(await its.update({ ...next, state: "stopped" }, next)).toMatchObject({ state: "running" });
    expect(await printed(next)).toMatch(/argv\[1\] two/);
});

test("memory that was saved paused goes on, or stays paused, as declared", async () => {
    const guest = its.guest();
    await its.create(guest);
    for (const state of ["running", "paused"] as const) {
        await save(guest, "--paused");
        expect(await its.update(guest, { ...guest, state })).toMatchObject({ state });
        expect(await its.host.virsh("domstate", guest.name)).toBe(state);
    }
});
