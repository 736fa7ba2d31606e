import { writeFileSync } from "node:fs";

import type { InterfaceSpec } from "../../model";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { testPlan } from "../support/plans";

// Restarts of real guests, on machines that do other things too.
jest.setTimeout(900_000);

let its: Lifecycle;
beforeAll(async () => {
    its = await openLifecycle();
    await its.host.defineNatNetwork("lan", { subnet: "10.88.0" });
    await its.host.defineNatNetwork("dmz", { subnet: "10.89.0" });
    await its.host.exec("ip", ["link", "add", "br7", "type", "bridge"]);
});
afterAll(() => its.close());

let macs = 0;
const nextMac = (): string => `52:54:00:22:00:${(macs++).toString(16).padStart(2, "0")}`;
const plug = (mac: string, attach: InterfaceSpec["attach"], reserve?: string): InterfaceSpec => ({
    mac,
    attach,
    ...(reserve ? { ipv4: { reserve } } : {}),
});

/** The addresses that a network reserves for each of these MACs. */
async function reserved(network: string, ...macs: string[]): Promise<string[][]> {
    const xml = await its.host.virsh("net-dumpxml", network);
    const hosts = [...xml.matchAll(/<host mac='([^']+)' ip='([^']+)'/g)];
    return macs.map((mac) => hosts.flatMap(([, other, address]) => (other === mac ? [address!] : [])));
}

test("a reservation comes with the guest, changes with it, is rolled back with it and goes with it", async () => {
    const mac = nextMac();
    const guest = its.guest({ interfaces: [plug(mac, { network: "lan" }, "10.88.0.20")] });
    expect(await its.create(guest)).toMatchObject({ ipAddresses: ["10.88.0.20"] });
    expect(await reserved("lan", mac)).toEqual([["10.88.0.20"]]);
    const moved = { ...guest, interfaces: [plug(mac, { network: "lan" }, "10.88.0.21")] };
    await expect(its.update(guest, { ...moved, env: { TEST: "panic" } })).rejects.toMatchObject({
        code: "rolled-back",
    });
    expect(await reserved("lan", mac)).toEqual([["10.88.0.20"]]);
    await its.update(guest, moved);
    expect(await reserved("lan", mac)).toEqual([["10.88.0.21"]]);
    const elsewhere = { ...guest, interfaces: [plug(mac, { network: "dmz" }, "10.89.0.21")] };
    await its.update(moved, elsewhere);
    expect([await reserved("lan", mac), await reserved("dmz", mac)]).toEqual([[[]], [["10.89.0.21"]]]);
    // Of a guest that is off, too.
    const none = { ...guest, interfaces: [plug(mac, { network: "dmz" })], state: "stopped" as const };
    await its.update(elsewhere, none);
    expect(await reserved("dmz", mac)).toEqual([[]]);
    const off = { ...guest, state: "stopped" as const };
    await its.update(none, off);
    expect(await reserved("lan", mac)).toEqual([["10.88.0.20"]]);
    await its.delete(off);
    expect(await reserved("lan", mac)).toEqual([[]]);
});

test("a reservation that somebody removed comes back, and one of a domain that is gone goes with delete", async () => {
    const mac = nextMac();
    const guest = its.guest({ interfaces: [plug(mac, { network: "lan" }, "10.88.0.30")] });
    await its.create(guest);
    await its.host.virsh(
        "net-update",
        "lan",
        "delete",
        "ip-dhcp-host",
        `<host mac='${mac}' ip='10.88.0.30'/>`,
        "--live",
        "--config",
    );
    await its.update(guest, guest);
    expect(await reserved("lan", mac)).toEqual([["10.88.0.30"]]);
    await its.host.virsh("destroy", guest.name);
    await its.host.virsh("undefine", guest.name);
    expect(await its.observe(guest)).toBeUndefined();
    await its.delete(guest);
    await its.expectNothing(guest);
});

test("an address that another guest has is refused; nothing of the other is touched", async () => {
    const [mine, theirs] = [nextMac(), nextMac()];
    const holder = its.guest({ interfaces: [plug(theirs, { network: "lan" }, "10.88.0.40")] });
    await its.create(holder);
    const guest = its.guest({
        interfaces: [plug(mine, { network: "dmz" }, "10.89.0.40"), plug(nextMac(), { network: "lan" }, "10.88.0.40")],
    });
    await expect(its.create(guest)).rejects.toMatchObject({ code: "in-use", property: "interfaces[1].ipv4.reserve" });
    await its.expectNothing(guest);
    expect([await reserved("lan", theirs, mine), await reserved("dmz", mine)]).toEqual([[["10.88.0.40"], []], [[]]]);
    const good = { ...guest, interfaces: [plug(mine, { network: "lan" }, "10.88.0.41")] };
    await its.create(good);
    await expect(
        its.update(good, { ...good, interfaces: [plug(mine, { network: "lan" }, "10.88.0.40")] }),
    ).rejects.toMatchObject({ code: "in-use" });
    expect(await reserved("lan", theirs, mine)).toEqual([["10.88.0.40"], ["10.88.0.41"]]);
    expect(await its.observe(good)).toMatchObject({ state: "running", drift: {}, unfinished: false });
});

test("an interface moves to another network or bridge while the guest runs", async () => {
    const mac = nextMac();
    const guest = its.guest({ interfaces: [plug(mac, { network: "lan" })] });
    await its.create(guest);
    const before = await its.process(guest);
    let now = guest;
    for (const attach of [{ network: "dmz" }, { bridge: "br7" }, { network: "lan" }]) {
        const next = { ...guest, interfaces: [plug(mac, attach)] };
        // The boot digest stays where the table says live: the core leaves the plug out of it.
        const plan = { ...(await testPlan(next)), bootDigest: (await testPlan(guest)).bootDigest };
        await its.backend.update(
            plan,
            { from: (await testPlan(now)).spec, consequence: "live", properties: ["interfaces[0].attach"] },
            { creator: { user: "alice", machine: "wonderland", project: "0123456789abcdef" }, log: () => undefined },
        );
        for (const flags of [[], ["--inactive"]])
            expect(await its.host.virsh("domiflist", guest.name, ...flags)).toContain(Object.values(attach)[0]);
        expect(await its.process(guest)).toBe(before);
        now = next;
    }
});

test("two interfaces, of two kinds", async () => {
    const guest = its.guest({
        interfaces: [
            plug(nextMac(), { network: "lan" }, "10.88.0.50"),
            plug(nextMac(), { user: { forward: [{ host: 8077, guest: 80, address: "127.0.0.1", protocol: "tcp" }] } }),
        ],
    });
    expect(await its.create(guest)).toMatchObject({ ipAddresses: ["10.88.0.50", "127.0.0.1"] });
    expect(await its.observe(guest)).toMatchObject({ drift: {} });
    expect((await its.host.exec("ss", ["-ltnH"])).stdout).toContain("127.0.0.1:8077");
});

/** Adds or removes an entry as an administrator would. */
const administer = (network: string, command: "add-last" | "delete", mac: string, address: string): Promise<string> =>
    its.host.virsh(
        "net-update",
        network,
        command,
        "ip-dhcp-host",
        `<host mac='${mac}' ip='${address}'/>`,
        "--live",
        "--config",
    );

describe("an administrator's entry for the guest's MAC", () => {
    test("without a reservation of ours, survives delete", async () => {
        const mac = nextMac();
        await administer("lan", "add-last", mac, "10.88.0.60");
        const guest = its.guest({ interfaces: [plug(mac, { network: "lan" })], state: "stopped" });
        await its.create(guest);
        await its.update(guest, { ...guest, env: { OTHER: "1" } });
        await its.delete(guest);
        expect(await reserved("lan", mac)).toEqual([["10.88.0.60"]]);
    });

    test("that already gives the declared address is used, and survives delete and a create that failed", async () => {
        const mac = nextMac();
        await administer("lan", "add-last", mac, "10.88.0.61");
        const guest = its.guest({ interfaces: [plug(mac, { network: "lan" }, "10.88.0.61")] });
        await expect(
            its.create({ ...guest, interfaces: [...guest.interfaces!, plug(nextMac(), { bridge: "nowhere0" })] }),
        ).rejects.toMatchObject({ code: "not-found" });
        expect(await reserved("lan", mac)).toEqual([["10.88.0.61"]]);
        const off = { ...guest, state: "stopped" as const };
        await its.create(off);
        await its.update(off, { ...off, env: { OTHER: "1" } });
        await its.delete(off);
        expect(await reserved("lan", mac)).toEqual([["10.88.0.61"]]);
    });

    test("that gives another address is refused before anything is touched, and a create that failed leaves it", async () => {
        const mac = nextMac();
        await administer("lan", "add-last", mac, "10.88.0.62");
        const guest = its.guest({ interfaces: [plug(mac, { network: "lan" }, "10.88.0.63")] });
        await expect(its.create(guest)).rejects.toMatchObject({
            code: "in-use",
            property: "interfaces[0].ipv4.reserve",
            message: expect.stringContaining("10.88.0.62") as string,
            hint: expect.stringContaining("net-update lan delete ip-dhcp-host") as string,
        });
        expect([await its.files(guest), await reserved("lan", mac)]).toEqual([[], [["10.88.0.62"]]]);
        const plain = { ...guest, interfaces: [plug(mac, { network: "lan" })] };
        await its.create(plain);
        const process = await its.process(plain);
        await expect(its.update(plain, guest)).rejects.toMatchObject({ code: "in-use" });
        expect([await reserved("lan", mac), await its.process(plain)]).toEqual([[["10.88.0.62"]], process]);
        await its.delete(plain);
        expect(await reserved("lan", mac)).toEqual([["10.88.0.62"]]);
    });
});

test("a guest whose mark records no reservation, as release 0.1.0 left it, takes along what state says", async () => {
    const mac = nextMac();
    const guest = its.guest({ interfaces: [plug(mac, { network: "lan" }, "10.88.0.65")] });
    await its.create(guest);
    const xml = await its.host.virsh("metadata", guest.name, "--uri", "urn:pulumi-unikernel:domain:1");
    const old = xml.replace(/<reservation [^>]*\/>/, "");
    expect(old).not.toBe(xml);
    for (const where of ["--live", "--config"])
        await its.host.virsh(
            "metadata",
            guest.name,
            "--uri",
            "urn:pulumi-unikernel:domain:1",
            "--key",
            "unikernel",
            "--set",
            old,
            where,
        );
    await its.delete(guest);
    expect(await reserved("lan", mac)).toEqual([[]]);
});

describe("a network with several address families", () => {
    beforeAll(async () => {
        const xml =
            "<network><name>many</name><bridge name='virbr77' stp='off' delay='0'/>" +
            "<ip family='ipv6' address='fd00:77::1' prefix='64'><dhcp><range start='fd00:77::100' end='fd00:77::1ff'/></dhcp></ip>" +
            "<ip address='10.70.0.1' prefix='24'/>" +
            "<ip address='10.71.0.129' prefix='25'><dhcp><range start='10.71.0.200' end='10.71.0.220'/></dhcp></ip>" +
            "<ip family='ipv6' address='fd00:78::1' prefix='64'/></network>";
        const file = `${its.host.folder}/many.xml`;
        writeFileSync(file, xml);
        await its.host.virsh("net-define", file);
        await its.host.virsh("net-start", "many");
        const six =
            "<network><name>six</name><bridge name='virbr78' stp='off' delay='0'/><ip family='ipv6' address='fd00:79::1' prefix='64'><dhcp><range start='fd00:79::100' end='fd00:79::1ff'/></dhcp></ip></network>";
        writeFileSync(file, six);
        await its.host.virsh("net-define", file);
        await its.host.virsh("net-start", "six");
    });

    test("reserves in the subnet that has IPv4 DHCP", async () => {
        const mac = nextMac();
        const guest = its.guest({ interfaces: [plug(mac, { network: "many" }, "10.71.0.130")] });
        expect(await its.create(guest)).toMatchObject({ ipAddresses: ["10.71.0.130"] });
        expect(await reserved("many", mac)).toEqual([["10.71.0.130"]]);
        await its.delete(guest);
        expect(await reserved("many", mac)).toEqual([[]]);
    });

    test.each([
        ["the network's own address", "many", "10.71.0.128", "invalid", /network address/],
        ["the broadcast address", "many", "10.71.0.255", "invalid", /broadcast address/],
        ["the host's own address", "many", "10.71.0.129", "invalid", /own address/],
        ["the host's own address in another subnet", "many", "10.70.0.1", "invalid", /own address/],
        ["outside of every subnet", "many", "10.71.0.5", "invalid", /10\.71\.0\.129\/25/],
        ["in a subnet without DHCP", "many", "10.70.0.5", "unsupported", /no DHCP/],
        ["on a network with IPv6 alone", "six", "10.70.0.5", "invalid", /fd00:79::1\/64/],
    ])("refuses %s, at preview and before anything is touched", async (_what, network, address, code, message) => {
        const guest = its.guest({ interfaces: [plug(nextMac(), { network }, address)] });
        const property = "interfaces[0].ipv4.reserve";
        await expect(its.create(guest)).rejects.toMatchObject({
            code,
            property,
            message: expect.stringMatching(message) as string,
        });
        expect(await its.files(guest)).toEqual([]);
        expect(await its.backend.hostProblems!((await testPlan(guest)).spec)).toEqual([
            { property, reason: expect.stringMatching(message) as string },
        ]);
    });
});
