import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type GuestOptions, type Lifecycle, openLifecycle } from "../support/lifecycle";
import { type PlanOptions, testContext, testPlan } from "../support/plans";
import { workspace } from "../unit/images/workspace";

jest.setTimeout(120_000);

const { path } = workspace();
let its: Lifecycle;
beforeAll(async () => {
    its = await openLifecycle();
});
afterAll(() => its.close());

/** A guest whose memory its host keeps, as libvirt-guests does at the end of a host. */
async function saved(options: GuestOptions = {}): Promise<PlanOptions> {
    const guest = its.guest({ args: ["one"], ...options });
    await its.create(guest);
    await its.host.virsh("managedsave", guest.name);
    return guest;
}

const hasImage = async ({ name }: PlanOptions): Promise<boolean> =>
    /Managed save:\s+yes/.test(await its.host.virsh("dominfo", name));
const printed = async (guest: PlanOptions): Promise<string> =>
    readFile(join(await its.folder(guest), "console.log"), "utf8");

test("a saved guest that did not change goes on where it was, with its scratch disk and its console", async () => {
    await writeFile(path("disk"), "image");
    const guest = await saved({ blocks: [{ path: path("disk"), name: "disk", access: "scratch" }] });
    const scratch = join(await its.folder(guest), (await its.files(guest)).find((name) => name.includes(".scratch."))!);
    await writeFile(scratch, "what the guest wrote");
    const seen = await its.observe(guest);
    expect(seen).toMatchObject({
        state: "saved",
        drift: { state: "saved" },
        unfinished: false,
        bootDigest: (await testPlan(guest)).bootDigest,
    });

    const { ino } = await stat(scratch);
    expect(await its.update(guest, guest)).toMatchObject({ state: "running", unfinished: false });
    expect(await readFile(scratch, "utf8")).toBe("what the guest wrote");
    expect((await stat(scratch)).ino).toBe(ino);
    expect((await printed(guest)).match(/test kernel ready/g)).toHaveLength(1);
    expect(await hasImage(guest)).toBe(false);
    expect(await its.observe(guest)).toMatchObject({ state: "running", drift: {} });
});

test("what only a boot can bring is booted: the saved memory is discarded, and that is said", async () => {
    const guest = await saved();
    const next = { ...guest, args: ["two"] };
    const context = testContext();
    expect(await its.update(guest, next, context)).toMatchObject({ state: "running", unfinished: false });
    expect(context.said.join("\n")).toMatch(/its saved memory image is of what it was before, and is discarded/);
    expect(await printed(next)).toMatch(/argv\[1\] two/);
    expect(await hasImage(next)).toBe(false);
    expect(await its.observe(next)).toMatchObject({ state: "running", drift: {} });
});

test("what can change while it runs is changed in what goes on", async () => {
    const guest = await saved();
    const next: PlanOptions = { ...guest, onCrash: "preserve" };
    expect(await its.update(guest, next)).toMatchObject({ state: "running" });
    expect((await printed(guest)).match(/test kernel ready/g)).toHaveLength(1);
    for (const inactive of [[], ["--inactive"]])
        expect(await its.host.virsh("dumpxml", ...inactive, guest.name)).toContain("<on_crash>preserve</on_crash>");
});

test("a guest that is declared stopped keeps its saved memory, until it is another guest", async () => {
    const guest = await saved();
    const stopped: PlanOptions = { ...guest, state: "stopped" };
    expect(await its.observe(stopped)).toMatchObject({ state: "saved", drift: {} });
    await its.update(guest, stopped);
    expect(await hasImage(guest)).toBe(true);
    await its.update(stopped, { ...stopped, args: ["two"] });
    expect(await hasImage(guest)).toBe(false);
    expect(await its.host.virsh("domstate", guest.name)).toBe("shut off");
});

test("memory that was saved paused goes on, or stays paused, as declared", async () => {
    for (const state of ["running", "paused"] as const) {
        const guest = its.guest();
        await its.create(guest);
        await its.host.virsh("managedsave", guest.name, "--paused");
        expect(await its.update(guest, { ...guest, state })).toMatchObject({ state });
        expect(await its.host.virsh("domstate", guest.name)).toBe(state);
    }
});

test("an image that is older than the definition is never resumed", async () => {
    const guest = await saved();
    const image = join(its.host.folder, "lib", "qemu", "save", `${guest.name}.save`);
    await copyFile(image, path("image"));
    const next: PlanOptions = { ...guest, args: ["two"] };
    await its.update(guest, { ...next, state: "stopped" });
    // As a release that knew nothing of images left it: the mark is the new guest's, the memory the old one's.
    await its.host.stopDaemon();
    await copyFile(path("image"), image);
    await its.host.startDaemon();
    expect(await hasImage(guest)).toBe(true);
    expect((await its.observe(next))!.bootDigest).toBe((await testPlan(guest)).bootDigest);
    expect(await its.update({ ...next, state: "stopped" }, next)).toMatchObject({ state: "running" });
    expect(await printed(next)).toMatch(/argv\[1\] two/);
});

test("a failed update of a saved guest brings the last good one back", async () => {
    const guest = await saved();
    await expect(its.update(guest, { ...guest, env: { TEST: "panic" } })).rejects.toMatchObject({
        code: "rolled-back",
    });
    expect(await its.observe(guest)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    expect(await printed(guest)).toMatch(/argv\[1\] one/);
});

test("a saved guest is removed whole", async () => {
    const guest = await saved();
    await its.delete(guest);
    await its.expectNothing(guest);
});
