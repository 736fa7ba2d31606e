import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Observation } from "../../backends";
import { alice, type PlanOptions, testContext, testPlan } from "../support/plans";
import { openXenLifecycle, type XenLifecycle } from "../support/xenLifecycle";

jest.setTimeout(900_000);

let its: XenLifecycle;
beforeAll(async () => {
    its = await openXenLifecycle();
}, 900_000);
afterAll(() => its?.close());

async function define(xml: string): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "xen-domain-"));
    await writeFile(join(folder, "domain.xml"), xml);
    await its.host.virsh("define", join(folder, "domain.xml")).finally(() => rm(folder, { recursive: true }));
}

/** Somebody edits a definition by hand, keeping what they do not know. */
const edit = async ({ name }: PlanOptions, change: (xml: string) => string) =>
    define(change(await its.host.virsh("dumpxml", "--inactive", "--security-info", name)));
const twice = (xml: string) => xml.replace(/<(memory|currentMemory) unit='KiB'>\d+/g, "<$1 unit='KiB'>32768");

interface Deed {
    deed(guest: PlanOptions): Promise<unknown>;
    /** What a read then says; undefined: there is nothing. */
    seen: object | undefined;
    /** It takes a restart to mend it. */
    restart: boolean;
}

const deeds: Record<string, Deed> = {
    "destroyed by xl": {
        deed: ({ name }) => its.host.run("xl", "destroy", name),
        seen: { state: "stopped", drift: { state: "stopped" } },
        restart: true,
    },
    "paused by virsh": {
        deed: ({ name }) => its.host.virsh("suspend", name),
        seen: { state: "paused", drift: { state: "paused" } },
        restart: false,
    },
    "started by hand": {
        deed: async ({ name }) => {
            await its.host.virsh("destroy", name);
            await its.host.virsh("start", name);
        },
        seen: { state: "running", drift: { configuration: "none" } },
        restart: true,
    },
    deleted: {
        deed: async ({ name }) => {
            await its.host.virsh("destroy", name);
            await its.host.virsh("undefine", name);
        },
        seen: undefined,
        restart: true,
    },
    "undefined while it runs": {
        deed: ({ name }) => its.host.virsh("undefine", name),
        seen: { state: "running", bootDigest: undefined, unfinished: true },
        restart: false,
    },
    "given more memory for its next boot": {
        deed: (guest) => edit(guest, twice),
        seen: { drift: { memory: 32 }, bootDigest: undefined },
        restart: false,
    },
    "plugged into another bridge": {
        deed: (guest) => edit(guest, (xml) => xml.replace("bridge='xenbr0'", "bridge='other'")),
        seen: { drift: { interfaces: [{ mac: "52:54:00:33:00:01", kind: "bridge", source: "other" }] } },
        restart: false,
    },
    "told to preserve a crash": {
        deed: (guest) => edit(guest, (xml) => xml.replace("<on_crash>destroy", "<on_crash>preserve")),
        seen: { drift: { onCrash: "preserve" } },
        restart: false,
    },
    "marked for autostart": {
        deed: ({ name }) => its.host.virsh("autostart", name),
        seen: { drift: { autostart: true } },
        restart: false,
    },
    "robbed of its kernel": {
        deed: async (guest) => its.host.run("sh", "-c", `rm ${await its.folder(guest)}/kernel-*`),
        seen: { drift: { "digests.kernel": "" } },
        restart: false,
    },
};

describe("one guest, which each test leaves as it was", () => {
    let guest: PlanOptions;
    let made: Observation;
    beforeAll(async () => {
        guest = its.guest({ interfaces: [{ mac: "52:54:00:33:00:01", attach: { bridge: "xenbr0" } }] });
        made = await its.create(guest);
    }, 240_000);
    afterAll(async () => {
        await its.delete(guest);
        await its.expectNothing(guest);
    }, 240_000);

    test.each(Object.entries(deeds))(
        "a guest that was %s behind our back is seen, and restored",
        async (_what, { deed, seen, restart }) => {
            const before = await its.id(guest);
            await deed(guest);
            const found = await its.observe(guest);
            if (seen === undefined) expect(found).toBeUndefined();
            else expect(found).toMatchObject(seen);

            await its.update(guest, guest);
            expect(await its.observe(guest)).toEqual(made);
            expect(await its.host.virsh("domuuid", guest.name)).toBe((await testPlan(guest)).spec.uuid);
            expect(await its.host.store(guest.name, "rumprun/cfg")).toBe((await testPlan(guest)).boot.xenstore!.value);
            expect((await its.id(guest)) === before).toBe(!restart);
        },
    );
});

test("strangers: a name or a uuid that somebody else has is refused, and adopted where that is asked for", async () => {
    const guest = its.guest();
    const {
        spec: { uuid },
    } = await testPlan(guest);
    const stranger = (
        id: string,
    ) => `<domain type='xen'><name>${guest.name}</name><uuid>${id}</uuid><memory unit='MiB'>16</memory>
        <os><type arch='x86_64' machine='xenpv'>linux</type><kernel>/nowhere</kernel></os></domain>`;
    await define(stranger("11111111-2222-4333-8444-555555555555"));
    await expect(its.create(guest)).rejects.toMatchObject({ code: "not-ours", property: "name" });
    expect(await its.host.virsh("domuuid", guest.name)).toBe("11111111-2222-4333-8444-555555555555");
    await its.host.virsh("undefine", guest.name);
    await define(stranger(uuid));
    await expect(its.create(guest)).rejects.toMatchObject({
        code: "not-ours",
        hint: expect.stringContaining("adopt: true") as string,
    });
    expect(await its.create({ ...guest, adopt: true })).toMatchObject({
        state: "running",
        drift: {},
        unfinished: false,
    });
    await its.delete(guest);
    await its.expectNothing(guest);
});

test("another creator's guest is refused, and taken over by adopt without a restart", async () => {
    const guest = its.guest();
    const bob = testContext({ ...alice, user: "bob" });
    await its.create(guest);
    const before = await its.id(guest);
    await expect(its.create(guest, bob)).rejects.toMatchObject({
        code: "not-ours",
        message: expect.stringContaining("alice@wonderland") as string,
    });
    expect(await its.create({ ...guest, adopt: true }, bob)).toMatchObject({ state: "running", unfinished: false });
    expect(await its.id(guest)).toBe(before);
    await expect(its.update(guest, { ...guest, args: ["x"] })).rejects.toMatchObject({ code: "not-ours" });
    await its.delete(guest, bob);
    await its.expectNothing(guest);
});
