import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { recording } from "../support/faults";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import type { PlanOptions } from "../support/plans";

// Starts of real guests, on machines that do other things too.
jest.setTimeout(900_000);

const SETTING = "dynamic_ownership = 0";

let its: Lifecycle;
let image: string;
/** Changes on the host. */
const changes: string[] = [];
beforeAll(async () => {
    its = await openLifecycle({ qemuConf: [SETTING], wrap: (host) => recording(host, changes) });
    image = join(its.host.folder, "seed.img");
    writeFileSync(image, "seed".padEnd(64 * 1024, "."));
});
beforeEach(() => {
    changes.length = 0;
});
afterAll(() => its.close());

const disk = (access: "read" | "persist" | "scratch", name = "db"): NonNullable<PlanOptions["blocks"]>[number] => ({
    path: image,
    name,
    access,
});
const secret: Partial<PlanOptions> = { env: { PASSWORD: "hunter2" }, secrets: ["env.PASSWORD"] };

/** QEMU's process with the time at which it began (proc(5)), the guest's files, its definitions, and all that the host has. */
async function state(guest: PlanOptions): Promise<unknown> {
    const pid = await its.process(guest);
    const began = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)!.split(" ")[19];
    const said = await Promise.all(
        [
            ["dumpxml", guest.name],
            ["dumpxml", "--inactive", guest.name],
            ["list", "--all", "--name"],
        ].map((words) => its.host.virsh(...words)),
    );
    return [pid, began, await its.files(guest), readdirSync(its.host.env.PULUMI_UNIKERNEL_DIR), ...said];
}

async function setOwnership(value: 0 | 1): Promise<void> {
    const file = join(its.host.folder, "etc", "qemu.conf");
    writeFileSync(file, readFileSync(file, "utf8").replace(/^dynamic_ownership = .$/m, `dynamic_ownership = ${value}`));
    await its.host.stopDaemon();
    await its.host.startDaemon();
}

test("a host that hands no files to QEMU's user: a disk that only its owner may read is refused with the setting's name", async () => {
    const guest = its.guest({ blocks: [disk("persist")] });
    await expect(its.create(guest)).rejects.toMatchObject({
        code: "permission",
        property: "blocks[0]",
        message: expect.stringContaining("db.persist.img"),
        hint: expect.stringContaining(SETTING),
    });
    await its.expectNothing(guest);
});

test("an update that brings the first private file is refused with the same words, and leaves the guest that runs as it is", async () => {
    const guest = its.guest({ blocks: [disk("read", "seen")] });
    await its.create(guest);
    const before = await state(guest);
    const privately: [Partial<PlanOptions>, object][] = [
        [
            { blocks: [disk("read", "seen"), disk("persist")] },
            {
                property: "blocks[1]",
                message: expect.stringMatching(/QEMU may not open \S+\/db\.persist\.img \(mode 0600\)/),
            },
        ],
        [
            { blocks: [disk("scratch"), disk("read", "seen")] },
            {
                property: "blocks[0]",
                message: expect.stringMatching(/QEMU may not open \S+\/db-[0-9a-f]{16}\.scratch\.img/),
            },
        ],
        [
            { blocks: [disk("read", "seen"), { ...disk("read"), secret: true }] },
            { property: "blocks[1]", message: expect.stringMatching(/QEMU may not open \S+\/db-[0-9a-f]{16}\.img/) },
        ],
        [secret, { property: undefined, message: expect.stringMatching(/QEMU may not open \S+\/initrd-[0-9a-f]{16}/) }],
    ];
    for (const [change, refused] of privately) {
        await expect(its.update(guest, { ...guest, ...change })).rejects.toMatchObject({
            code: "permission",
            hint: expect.stringContaining(SETTING),
            ...refused,
        });
        expect(await state(guest)).toEqual(before);
        expect(await its.observe(guest)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    }
    // Without it the update goes through.
    const next = { ...guest, args: ["changed"] };
    await its.update(guest, next);
    expect(await its.observe(next)).toMatchObject({ state: "running", drift: {}, unfinished: false });
    await its.delete(next);
    await its.expectNothing(next);
});

test("a guest that is to be off is not asked for: nothing is started", async () => {
    const guest = its.guest();
    await its.create(guest);
    changes.length = 0;
    const off: PlanOptions = { ...guest, blocks: [disk("persist")], state: "stopped" };
    await its.update(guest, off);
    expect(changes).not.toContain("domains.start");
    await its.delete({ ...off, deleteData: true });
    await its.expectNothing(off);
});

test("what the hint says mends it: the kernel of the guest that runs still has its former owner, and the update goes through", async () => {
    const guest = its.guest();
    await its.create(guest);
    const next = { ...guest, blocks: [disk("persist")] };
    await expect(its.update(guest, next)).rejects.toMatchObject({ hint: expect.stringContaining(SETTING) });
    const process = await its.process(guest);
    await setOwnership(1);
    try {
        changes.length = 0;
        await its.update(guest, next);
        expect(await its.process(guest)).not.toBe(process);
        // The guest, and before it a probe guest.
        expect(changes.filter((change) => change === "domains.start")).toHaveLength(2);
        expect(await its.observe(next)).toMatchObject({ state: "running", drift: {}, unfinished: false });

        // Started with the setting on, its kernel tells it: no probe guest.
        const other = its.guest();
        await its.create(other);
        changes.length = 0;
        await its.update(other, { ...other, ...secret, blocks: [disk("persist")] });
        expect(changes.filter((change) => change === "domains.start")).toHaveLength(1);
        await its.delete({ ...other, deleteData: true });
        await its.delete({ ...next, deleteData: true });
        await its.expectNothing(next);
        await its.expectNothing(other);
    } finally {
        await setOwnership(0);
    }
});
