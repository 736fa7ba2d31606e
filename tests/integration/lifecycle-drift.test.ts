import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { messageOf } from "../../model";
import { type GuestOptions, type Lifecycle, openLifecycle } from "../support/lifecycle";
import { type PlanOptions, testContext, testPlan } from "../support/plans";

// Restarts of real guests, on machines that do other things too.
jest.setTimeout(900_000);

let its: Lifecycle;
beforeAll(async () => {
    its = await openLifecycle();
    await its.host.defineNatNetwork("lan", { subnet: "10.88.0" });
    await its.host.defineNatNetwork("dmz", { subnet: "10.89.0" });
});
afterAll(() => its.close());

const nic: GuestOptions = { interfaces: [{ mac: "52:54:00:33:00:01", attach: { network: "lan" } }] };

/** Somebody edits a definition by hand, keeping what they do not know. */
async function edit({ name }: PlanOptions, change: (xml: string) => string): Promise<void> {
    const file = join(its.host.folder, `${name}.xml`);
    writeFileSync(file, change(await its.host.virsh("dumpxml", "--inactive", "--security-info", name)));
    await its.host.virsh("define", file);
}

interface Deed {
    deed(guest: PlanOptions): Promise<unknown>;
    /** What a read then says; undefined: there is nothing. */
    seen: object | undefined;
    /** It takes a restart to mend it. */
    restart: boolean;
}

const deeds: Record<string, Deed> = {
    stopped: {
        deed: ({ name }) => its.host.virsh("destroy", name),
        seen: { state: "stopped", drift: { state: "stopped" } },
        restart: true,
    },
    paused: {
        deed: ({ name }) => its.host.virsh("suspend", name),
        seen: { state: "paused", drift: { state: "paused" } },
        restart: false,
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
        deed: (guest) =>
            edit(guest, (xml) => xml.replace(/<(memory|currentMemory) unit='KiB'>\d+/g, "<$1 unit='KiB'>32768")),
        seen: { drift: { memory: 32 }, bootDigest: undefined },
        restart: false,
    },
    "given more memory and restarted": {
        deed: async (guest) => {
            await edit(guest, (xml) => xml.replace(/<(memory|currentMemory) unit='KiB'>\d+/g, "<$1 unit='KiB'>32768"));
            await its.host.virsh("destroy", guest.name);
            await its.host.virsh("start", guest.name);
        },
        seen: { drift: { memory: 32 } },
        restart: true,
    },
    "told other arguments for its next boot": {
        deed: (guest) => edit(guest, (xml) => xml.replace(/<initrd>.*<\/initrd>/, "<cmdline>{}</cmdline>")),
        seen: { drift: {}, bootDigest: undefined },
        restart: false,
    },
    "plugged into another network": {
        deed: (guest) => edit(guest, (xml) => xml.replace("network='lan'", "network='dmz'")),
        seen: { drift: { interfaces: [{ mac: "52:54:00:33:00:01", kind: "network", source: "dmz" }] } },
        restart: false,
    },
    "marked for autostart": {
        deed: ({ name }) => its.host.virsh("autostart", name),
        seen: { drift: { autostart: true } },
        restart: false,
    },
    "told to preserve a crash": {
        deed: (guest) => edit(guest, (xml) => xml.replace("<on_crash>destroy", "<on_crash>preserve")),
        seen: { drift: { onCrash: "preserve" } },
        restart: false,
    },
    "given another kernel of the same size": {
        deed: async (guest) => {
            const folder = await its.folder(guest);
            writeFileSync(join(folder, readdirSync(folder).find((name) => name.startsWith("kernel-"))!), "malware", {
                flag: "r+",
            });
        },
        seen: { drift: { "digests.kernel": expect.stringMatching(/^[0-9a-f]{64}$/) as string } },
        restart: true,
    },
    "robbed of its kernel": {
        deed: async (guest) => its.host.exec("sh", ["-c", 'rm "$0"/kernel-*', await its.folder(guest)]),
        seen: { drift: { "digests.kernel": "" } },
        restart: false,
    },
};

/** Do one deed to a guest that runs as declared, see it, and mend it: the guest is as it was. */
async function seenAndRestored(guest: PlanOptions, made: object, { deed, seen, restart }: Deed): Promise<void> {
    const before = await its.process(guest);
    await deed(guest);
    const found = await its.observe(guest);
    if (seen === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(seen);

    await its.update(guest, guest);
    expect(await its.observe(guest)).toEqual(made);
    expect(await its.host.virsh("domuuid", guest.name)).toBe((await testPlan(guest)).spec.uuid);
    expect((await its.process(guest)) === before).toBe(!restart);
}

// Each deed finds the guest as its create left it: so it is once more after the one before it, or that one has failed.
test(`what was done to a guest behind our back is seen, and restored: ${Object.keys(deeds).join("; ")}`, async () => {
    const guest = its.guest(nic);
    const made = await its.create(guest);
    for (const [what, one] of Object.entries(deeds)) {
        try {
            await seenAndRestored(guest, made, one);
        } catch (error) {
            throw new Error(`a guest that was ${what}: ${messageOf(error)}`);
        }
    }
    await its.delete(guest);
    await its.expectNothing(guest);
}, 900_000);

test("a guest that was renamed is not lost: the update says how to call it back, delete removes it", async () => {
    const guest = its.guest();
    await its.create(guest);
    await its.host.virsh("destroy", guest.name);
    await its.host.virsh("domrename", guest.name, "alias");
    await expect(its.update(guest, guest)).rejects.toMatchObject({
        property: "name",
        hint: `virsh domrename alias ${guest.name}`,
    });
    await its.delete(guest);
    expect(await its.host.virsh("list", "--all", "--name")).not.toContain("alias");
    await its.expectNothing(guest);
});

test("a mark that a newer release wrote is refused by name", async () => {
    const guest = its.guest();
    await its.create(guest);
    await edit(guest, (xml) => xml.replace(/(<unikernel:mark [^>]*version=["'])\d+/, "$199"));
    await expect(its.observe(guest)).rejects.toMatchObject({ code: "newer-state" });
    await expect(its.update(guest, guest)).rejects.toMatchObject({ code: "newer-state" });
});

test("a guest that another host holds is not gone: reading, changing and deleting it here are errors, and nothing is made", async () => {
    const guest = its.guest();
    const plan = await testPlan(guest);
    const elsewhere = { ...plan.spec, host: "11111111-2222-4333-8444-555555555555" };
    const ref = { connection: guest.connection, uuid: plan.spec.uuid, name: plan.spec.name, urn: plan.spec.urn };
    const refused = {
        code: "unreachable",
        property: "connection",
        message: expect.stringContaining("last seen on host 11111111-"),
    };
    await expect(its.backend.observe(ref, elsewhere)).rejects.toMatchObject(refused);
    await expect(
        its.backend.update(plan, { from: elsewhere, consequence: "restart", properties: ["args"] }, testContext()),
    ).rejects.toMatchObject(refused);
    await expect(its.backend.delete(ref, elsewhere, testContext())).rejects.toMatchObject(refused);
    await its.expectNothing(guest);
    const here = { ...elsewhere, host: await its.backend.hostId(guest.connection) };
    expect(await its.backend.observe(ref, here)).toBeUndefined();
});

test("what others wrote about a domain stays with it, and is no drift", async () => {
    const guest = its.guest({ args: ["one"] });
    const made = await its.create(guest);
    await its.host.virsh("desc", guest.name, "--config", "--live", "--title", "Web of the shop");
    await its.host.virsh("desc", guest.name, "--config", "--live", "Ask Bob before you touch it");
    await its.host.virsh(
        "metadata",
        guest.name,
        "--config",
        "--live",
        "http://backup.example/1.0",
        "--key",
        "backup",
        "--set",
        "<plan when='nightly'/>",
    );
    expect(await its.observe(guest)).toEqual(made);
    const before = await its.process(guest);
    await its.update(guest, { ...guest, onCrash: "preserve" });
    expect(await its.process(guest)).toBe(before);
    const next: PlanOptions = { ...guest, onCrash: "preserve", args: ["two"] };
    await its.update({ ...guest, onCrash: "preserve" }, next);
    await expect(its.update(next, { ...next, env: { TEST: "panic" } })).rejects.toMatchObject({ code: "rolled-back" });
    for (const inactive of [[], ["--inactive"]]) {
        const xml = await its.host.virsh("dumpxml", ...inactive, guest.name);
        expect(xml).toContain("<title>Web of the shop</title>");
        expect(xml).toContain("<description>Ask Bob before you touch it</description>");
        expect(xml).toMatch(/<backup:plan xmlns:backup=.http:\/\/backup\.example\/1\.0. when=.nightly.\/>/);
    }
    expect(await its.observe(next)).toMatchObject({ drift: {}, unfinished: false });
});
