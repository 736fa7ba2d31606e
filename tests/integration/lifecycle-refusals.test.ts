import type { InterfaceSpec } from "../../model";
import { type GuestOptions, type Lifecycle, openLifecycle } from "../support/lifecycle";
import { listenOn } from "../support/listener";
import { alice, refOf, testContext, testPlan } from "../support/plans";
import { tinyDomain } from "../support/tinyDomain";

const bob = { user: "bob", machine: "looking-glass", project: "fedcba9876543210" };
const MAC = "52:54:00:11:22:44";
const plug = (attach: InterfaceSpec["attach"], more: Partial<InterfaceSpec> = {}): InterfaceSpec[] => [
    { mac: MAC, attach, ...more },
];
const forward = (host: number) => ({ host, guest: 80, address: "127.0.0.1", protocol: "tcp" as const });

// Restarts of real guests, on machines that do other things too.
jest.setTimeout(900_000);

let its: Lifecycle;
let taken: { stop(): void };
beforeAll(async () => {
    its = await openLifecycle();
    await its.host.defineNatNetwork("lan", { subnet: "10.88.0" });
    await its.host.exec("ip", ["tuntap", "add", "dev", "tap7", "mode", "tap"]);
    await stranger(
        "neighbour",
        `<interface type='ethernet'><target dev='tap7' managed='no'/></interface>
        <interface type='network'><mac address='52:54:00:11:22:55'/><source network='lan'/></interface>`,
    );
    taken = await listenOn(its.host, 8099);
});
afterAll(async () => {
    taken.stop();
    await its.close();
});

/** A running domain of somebody else. */
async function stranger(name: string, devices = ""): Promise<void> {
    await its.host.exec(
        "sh",
        [
            "-c",
            'cat > "$0" && virsh -q -c "$1" define "$0" && virsh -q -c "$1" start "$2"',
            `${its.host.folder}/${name}.xml`,
            its.host.uri,
            name,
        ],
        { input: tinyDomain({ name, devices }) },
    );
    expect(await its.host.virsh("domstate", name)).toBe("running");
}

test.each<[string, GuestOptions, object]>([
    [
        "a port in use",
        { interfaces: plug({ user: { forward: [forward(8098), forward(8099)] } }) },
        { code: "in-use", property: "interfaces[0].attach.user.forward[1].host" },
    ],
    [
        "a debugger's port in use",
        { gdb: { port: 8099, address: "127.0.0.1" } },
        { code: "in-use", property: "gdb.port" },
    ],
    [
        "a network that does not exist",
        { interfaces: plug({ network: "nowhere" }) },
        { code: "not-found", property: "interfaces[0].attach.network" },
    ],
    [
        "a reservation on one that does not exist",
        { interfaces: plug({ network: "nowhere" }, { ipv4: { reserve: "10.88.0.9" } }) },
        { code: "not-found", property: "interfaces[0].attach.network" },
    ],
    [
        "an address outside of its network",
        { interfaces: plug({ network: "lan" }, { ipv4: { reserve: "10.99.0.9" } }) },
        { code: "invalid", property: "interfaces[0].ipv4.reserve" },
    ],
    [
        "a bridge that does not exist",
        { interfaces: plug({ bridge: "br-nowhere" }) },
        { code: "not-found", property: "interfaces[0].attach.bridge" },
    ],
    [
        "a tap device that does not exist",
        { interfaces: plug({ tap: "tap-nowhere" }) },
        { code: "not-found", property: "interfaces[0].attach.tap" },
    ],
    [
        "a tap device in use",
        { interfaces: plug({ tap: "tap7" }) },
        { code: "in-use", property: "interfaces[0].attach.tap" },
    ],
    [
        "a stranger's MAC address",
        { interfaces: [{ mac: "52:54:00:11:22:55", attach: { network: "lan" } }] },
        { code: "in-use", property: "interfaces[0].mac", message: expect.stringMatching(/neighbour/) as string },
    ],
    ["more memory than the host has", { memory: 40_000_000 }, { code: "no-space", property: "memory" }],
    ["more processors than a machine can have", { vcpus: 300 }, { code: "unsupported", property: "vcpus" }],
    ["arguments that QEMU does not know", { qemuArgs: ["-nonsense"] }, { code: "invalid", property: "qemuArgs" }],
    ["KVM where there is none", { accelerator: "kvm" }, { code: "unsupported", property: "accelerator" }],
    [
        "readiness by a port that nothing leads to",
        { interfaces: plug({ user: { forward: [forward(8097)] } }), readiness: { tcp: { port: 22 }, timeout: 5 } },
        { code: "invalid", property: "readiness" },
    ],
])("%s: the create fails at the property and leaves nothing", async (_what, options, expected) => {
    const guest = its.guest(options);
    await expect(its.create(guest)).rejects.toMatchObject(expected);
    const { interfaces: _, ...rest } = guest;
    await its.expectNothing(rest);
    expect(await its.host.virsh("net-dumpxml", "lan")).not.toContain("<host ");
});

test("a port in use: the update fails at the property and the old guest serves again", async () => {
    const guest = its.guest({ interfaces: plug({ user: { forward: [forward(8096)] } }) });
    const made = await its.create(guest);
    await expect(
        its.update(guest, { ...guest, interfaces: plug({ user: { forward: [forward(8099)] } }) }),
    ).rejects.toMatchObject({ code: "rolled-back", property: "interfaces[0].attach.user.forward[0].host" });
    expect(await its.observe(guest)).toEqual(made);
});

test("a domain of the same name that is not ours is refused and untouched, adopt or not", async () => {
    await stranger("precious");
    const before = await its.host.virsh("dumpxml", "precious");
    for (const adopt of [false, true]) {
        const guest = its.guest({ name: "precious", adopt });
        await expect(its.create(guest)).rejects.toMatchObject({
            code: "not-ours",
            property: "name",
            message: expect.stringMatching(
                /^name: domain precious \(\S+\) has the name that this guest would get\n/,
            ) as string,
            hint: "set another name; remove that domain only where no stack has it in its state",
        });
        expect(await its.files(guest)).toEqual([]);
    }
    expect(await its.host.virsh("dumpxml", "precious")).toBe(before);
});

test("a domain with our uuid but no mark is refused by create, read, update and delete, until it is adopted", async () => {
    const guest = its.guest();
    const {
        spec: { uuid },
    } = await testPlan(guest);
    await its.host.exec(
        "sh",
        ["-c", 'cat > "$0" && virsh -c "$1" define "$0"', `${its.host.folder}/unmarked.xml`, its.host.uri],
        { input: tinyDomain({ name: guest.name, uuid }) },
    );
    const refusal = expect.objectContaining({
        code: "not-ours",
        message: expect.stringMatching(/adopt: true/) as string,
    }) as unknown;
    await expect(its.create(guest)).rejects.toEqual(refusal);
    await expect(its.observe(guest)).rejects.toEqual(refusal);
    await expect(its.update(guest, guest)).rejects.toEqual(refusal);
    await expect(its.delete(guest)).rejects.toEqual(refusal);
    expect(await its.create({ ...guest, adopt: true })).toMatchObject({ state: "running", unfinished: false });
});

test("another person's guest of the same project, stack and name", async () => {
    const guest = its.guest();
    const made = await its.create(guest, testContext(alice));
    await expect(its.create(guest, testContext(bob))).rejects.toMatchObject({
        code: "not-ours",
        message: expect.stringMatching(/made by alice@wonderland for the same project, stack and name/) as string,
    });
    expect(await its.observe(guest)).toEqual(made);
    // Who shares the state may change it: a team, or a machine that deploys.
    await its.update(guest, { ...guest, args: ["by bob"] }, testContext(bob));
    await its.update(guest, guest, testContext(alice));
    // Adopted: from now on it is no longer who made it that decides.
    await its.create({ ...guest, adopt: true }, testContext(bob));
    await expect(its.delete(guest, testContext(alice))).rejects.toMatchObject({
        code: "not-ours",
        message: expect.stringMatching(/taken over by bob@looking-glass/) as string,
    });
    await its.delete(guest, testContext(bob));
    await its.expectNothing(guest);
});

test("a create that fails is taken over by the next one, whatever was left", async () => {
    const guest = its.guest({ env: { TEST: "panic" } });
    await expect(its.create(guest)).rejects.toThrow(/ended/);
    // State was lost: create comes again, and fails before it starts.
    await expect(its.create({ ...guest, interfaces: plug({ network: "nowhere" }) })).rejects.toMatchObject({
        property: "interfaces[0].attach.network",
    });
    await its.expectNothing({ ...guest, interfaces: [] });
    await expect(its.create(guest)).rejects.toThrow(/ended/);
    expect(await its.create({ ...guest, env: {} })).toMatchObject({ state: "running", unfinished: false });
});

test("a delete of what a guest was before a create took it over leaves the guest alone", async () => {
    const guest = its.guest();
    const plan = await testPlan(guest);
    const first = await its.create(guest);
    const again = await its.create({ ...guest, adopt: true });
    expect([first.incarnation, again.incarnation]).toEqual([undefined, expect.stringMatching(/^[0-9a-f]{8}$/)]);
    const updated = await its.update(guest, { ...guest, autostart: true });
    expect(updated.incarnation).toBe(again.incarnation);
    const before = await its.host.guestProcess(guest.name);
    const context = testContext();
    await its.backend.delete(refOf(plan), { ...plan.spec, incarnation: first.incarnation }, context);
    expect(await its.host.guestProcess(guest.name)).toBe(before);
    expect(context.said.join("\n")).toContain("kept: a create has taken this guest over since");
    await its.backend.delete(refOf(plan), { ...plan.spec, incarnation: updated.incarnation }, context);
    await its.expectNothing(guest);
});
