import { resourceHandlers } from "../../core";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { alice, refOf, testContext, testPlan } from "../support/plans";

const bob = { user: "bob", machine: "looking-glass", project: "fedcba9876543210" };

// Real guests, on machines that do other things too.
jest.setTimeout(900_000);

let here: Lifecycle, there: Lifecycle;
beforeAll(async () => {
    [here, there] = [await openLifecycle(), await openLifecycle()];
});
afterAll(async () => {
    await here.close();
    await there.close();
});

/** Everything of a guest that an operation on another one must not change. */
const seen = async (its: Lifecycle, guest: Parameters<Lifecycle["files"]>[0]) => ({
    process: await its.process(guest),
    xml: await its.host.virsh("dumpxml", guest.name),
    files: await its.files(guest),
});

describe("state of a guest on another host", () => {
    test.each([
        ["a guest of the same stack and name is there", true],
        ["nothing is there", false],
    ])("%s: read, update and delete refuse, and change nothing", async (_name, present) => {
        const one = here.guest({ name: `place${present}` });
        const made = await here.create(one);
        // The same URI text on another machine: the state of the first leads to the second.
        const other = { ...one, connection: there.host.uri };
        if (present) await there.create(other);
        const before = present ? await seen(there, other) : undefined;
        const plan = await testPlan(other);
        const applied = { ...plan.spec, host: made.host };
        const refusal = expect.objectContaining({
            code: "unreachable",
            property: "connection",
            message: expect.stringMatching(new RegExp(`last seen on host ${made.host}`)) as string,
        }) as unknown;
        await expect(there.backend.observe(refOf(plan), applied, alice)).rejects.toEqual(refusal);
        await expect(
            there.backend.update(
                await testPlan({ ...other, args: ["changed"] }),
                { from: applied, consequence: "restart", properties: ["args"] },
                testContext(),
            ),
        ).rejects.toEqual(refusal);
        await expect(
            there.backend.delete(refOf(plan), { ...applied, deleteData: true }, testContext()),
        ).rejects.toEqual(refusal);
        // A plan that was checked on the first machine, carried out on the second.
        await expect(there.backend.create({ ...plan, spec: applied }, testContext())).rejects.toEqual(refusal);
        if (before) expect(await seen(there, other)).toEqual(before);
        else await there.expectNothing(other);
        expect(await here.observe(one)).toMatchObject({ state: "running" });
    });

    test("a host whose uuid changed: the hint says how it gets back the old one", async () => {
        const guest = here.guest();
        await here.create(guest);
        const plan = await testPlan(guest);
        await expect(
            here.backend.observe(refOf(plan), { ...plan.spec, host: "11111111-2222-3333-4444-555555555555" }),
        ).rejects.toMatchObject({
            hint: expect.stringMatching(/host_uuid = "11111111-2222-3333-4444-555555555555".*adopt: true/) as string,
        });
    });
});

test("who lost a guest to somebody's adopt is told so by a read too", async () => {
    const guest = here.guest();
    await here.create(guest, testContext(alice));
    const plan = await testPlan(guest);
    await here.create({ ...guest, adopt: true }, testContext(bob));
    await expect(here.backend.observe(refOf(plan), plan.spec, alice)).rejects.toMatchObject({
        code: "not-ours",
        message: expect.stringMatching(/taken over by bob@looking-glass/) as string,
    });
    expect(await here.backend.observe(refOf(plan), plan.spec, bob)).toMatchObject({ state: "running" });
});

test("a guest that was imported by name, changed and updated can be read, by its owner and by others of the team", async () => {
    const { writeFileSync } = await import("node:fs");
    const { dirname, join } = await import("node:path");
    const xml = join(here.host.folder, "imported.xml");
    writeFileSync(
        xml,
        `<domain type="qemu"><name>imported</name><memory unit="MiB">16</memory>
        <os><type arch="x86_64">hvm</type><kernel>${join(dirname(here.kernel), "rawKernel.elf")}</kernel></os></domain>`,
    );
    await here.host.virsh("define", xml);
    const of = (creator: typeof alice) => resourceHandlers({ creator, log: () => undefined }).unikernel;
    process.env.PULUMI_UNIKERNEL_DIR = here.host.env.PULUMI_UNIKERNEL_DIR;
    try {
        const urn = "urn:pulumi:dev::shop::unikernel:index:Unikernel::imported";
        const found = (await of(alice).importGuest!({ urn, connection: here.host.uri, name: "imported" }))!;
        const kernel = join(dirname(here.kernel), "rawKernel.elf");
        const declared = {
            resourceUrn: urn,
            platform: "kvm",
            connection: here.host.uri,
            name: "imported",
            kernel,
            guest: "raw",
            memory: 32,
            accelerator: "tcg",
            state: "stopped",
        };
        const { inputs, failures } = await of(alice).check(found.inputs, declared);
        expect(failures).toEqual([]);
        const { outs } = await of(alice).update(found.id, found.props, inputs);
        expect(await here.host.virsh("dumpxml", "imported")).not.toContain("disowned");
        for (const creator of [alice, bob]) expect((await of(creator).read(found.id, outs)).id).toBe(found.id);
    } finally {
        delete process.env.PULUMI_UNIKERNEL_DIR;
    }
});
