import { writeFileSync } from "node:fs";
import { closeHosts } from "../../backends/libvirt";
import { bridgeOf, startStranger, TestNetworks, urnOfNetwork } from "../support/hostNetworks";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { resolveAt } from "../support/resolve";

jest.setTimeout(900_000);

let host: LibvirtHost;
let networks: TestNetworks;
beforeAll(async () => {
    host = await startLibvirtHost();
    networks = new TestNetworks(host);
    await host.exec("ip", ["link", "add", "br7", "type", "bridge"]);
    await host.exec("ip", ["link", "set", "br7", "up"]);
});
afterAll(async () => {
    await closeHosts();
    await host.close();
});

const range = (subnet: string) => ({
    address: `${subnet}.1/24`,
    dhcp: { start: `${subnet}.100`, end: `${subnet}.200` },
});
const dump = (name: string, ...more: string[]): Promise<string> => host.virsh("net-dumpxml", name, ...more);
const names = async (): Promise<string[]> =>
    (await host.virsh("net-list", "--all", "--name")).split("\n").filter(Boolean).sort();
/** libvirt and Linux have the network: defined, running, started with the host, and marked. */
async function expectWhole(name: string): Promise<void> {
    expect(await host.virsh("net-info", name)).toMatch(/Active: +yes[^]*Persistent: +yes[^]*Autostart: +yes/);
    expect(await dump(name, "--inactive")).toMatch(/<unikernel:network [^>]*phase=["']ready["']/);
}

test("NAT with both families, a domain, forwarders, names and reservations; read as declared; gone after destroy", async () => {
    const args = {
        name: "whole",
        ipv4: range("10.91.0"),
        ipv6: { address: "fd00:0091::1/64", dhcp: { start: "fd00:91::100", end: "fd00:91::1ff" } },
        domain: "web.internal",
        forwarders: [{ address: "127.0.0.9", domain: "example.org" }],
        hosts: [
            { name: "db.web.internal", address: "10.91.0.10", mac: "52:54:00:91:00:10" },
            { name: "db.web.internal", address: "fd00:91::10" },
            { name: "www", address: "10.91.0.11" },
        ],
        mtu: 1400,
    };
    const state = await networks.up("whole", args);
    await expectWhole("whole");
    const xml = await dump("whole");
    expect(xml).toMatch(/<forward mode='nat'/);
    expect(xml).toContain("<host mac='52:54:00:91:00:10' name='db.web.internal' ip='10.91.0.10'/>");
    expect(xml).toContain("<mtu size='1400'/>");
    expect(await resolveAt(host, "10.91.0.1", "db.web.internal")).toBe("10.91.0.10");
    expect(await resolveAt(host, "10.91.0.1", "db.web.internal", "AAAA")).toBe("fd00:91::10");
    expect(await resolveAt(host, "10.91.0.1", "other.web.internal")).toBe("ENOTFOUND");
    expect(state.bridge).toMatch(/^vn[0-9a-f]{10}$/);
    expect(await networks.refresh(state)).toEqual(state);
    expect(await networks.up("whole", args, state)).toBe(state);
    await networks.destroy(state);
    expect(await names()).not.toContain("whole");
    expect(await networks.refresh(state)).toBeUndefined();
    await networks.destroy(state);
});

test.each([
    ["isolated", "isolated", { ipv4: range("10.92.0") }, /^(?![^]*<forward)/],
    ["route", "routed", { ipv4: range("10.93.0") }, /<forward mode='route'/],
    ["bridge", "over", { bridge: "br7" }, /<forward mode='bridge'\/>[^]*<bridge name='br7'\/>/],
])("%s", async (mode, name, args, xml) => {
    const state = await networks.up(name, { name, mode, ...args });
    await expectWhole(name);
    expect(await dump(name)).toMatch(xml);
    expect(await networks.refresh(state)).toEqual(state);
    await networks.destroy(state);
    expect(await names()).not.toContain(name);
});

test("names, reservations and the range change in place; what others added stays", async () => {
    const args = { name: "live", ipv4: range("10.94.0"), hosts: [{ name: "a", address: "10.94.0.10" }] };
    const first = await networks.up("live", args);
    await startStranger(host, "guest-live", "52:54:00:94:00:01", "network='live'");
    const theirs = "<host mac='52:54:00:94:00:99' ip='10.94.0.99'/>";
    await host.virsh("net-update", "live", "add-last", "ip-dhcp-host", theirs, "--live", "--config");
    const txt = "<txt name='theirs' value='kept'/>";
    await host.virsh("net-update", "live", "add-last", "dns-txt", txt, "--live", "--config");
    const changed = {
        ...args,
        ipv4: { address: "10.94.0.1/24", dhcp: { start: "10.94.0.50", end: "10.94.0.60" } },
        hosts: [
            { name: "a", address: "10.94.0.12" },
            { name: "b", address: "10.94.0.11", mac: "52:54:00:94:00:11" },
            { name: "b", address: "fd00:94::11" },
        ],
    };
    const record = "<host ip='10.94.0.98'><hostname>theirs</hostname></host>";
    await host.virsh("net-update", "live", "add-last", "dns-host", record, "--live", "--config");
    const replacing = { ...args, hosts: [...args.hosts, { name: "mine", address: "10.94.0.98" }] };
    await expect(networks.up("live", replacing, first)).rejects.toMatchObject({ code: "in-use", property: "hosts" });
    expect(await networks.consequence("live", changed, first)).toBe("live: ipv4, hosts");
    const second = await networks.up("live", changed, first);
    expect(await networks.refresh(second)).toEqual(second);
    for (const xml of [await dump("live"), await dump("live", "--inactive")]) {
        expect(xml).toContain(theirs);
        expect(xml).toContain(txt);
        expect(xml).toContain("<hostname>theirs</hostname>");
        expect(xml).toContain("<range start='10.94.0.50' end='10.94.0.60'/>");
        expect(xml).not.toContain("10.94.0.100");
        expect(xml).not.toContain("10.94.0.10'");
    }
    expect([await resolveAt(host, "10.94.0.1", "a"), await resolveAt(host, "10.94.0.1", "b")]).toEqual([
        "10.94.0.12",
        "10.94.0.11",
    ]);
    expect(await resolveAt(host, "10.94.0.1", "b", "AAAA")).toBe("fd00:94::11");
    expect(await bridgeOf(host, "guest-live")).toBe(second.bridge);
    await expect(networks.destroy(second)).rejects.toMatchObject({
        code: "in-use",
        message: expect.stringContaining("guest-live"),
    });
    await host.virsh("destroy", "guest-live");
    await expect(networks.destroy(second)).rejects.toMatchObject({ code: "in-use" });
    await expectWhole("live");
    await host.virsh("undefine", "guest-live");
    await networks.destroy(second);
});

test("a restart says who loses the link, and leaves no guest on a bridge that is gone", async () => {
    const args = { name: "moved", ipv4: range("10.95.0") };
    const first = await networks.up("moved", args);
    for (const number of [1, 2])
        await startStranger(host, `guest-moved${number}`, `52:54:00:95:00:0${number}`, "network='moved'");
    const before = await host.guestProcess("guest-moved1");
    const changed = { name: "moved", ipv4: range("10.96.0"), mtu: 1300, domain: "moved.internal" };
    expect(await networks.consequence("moved", changed, first)).toBe(
        "restart of the network: ipv4, domain, mtu; cut off for a moment: guest-moved1, guest-moved2; they keep their former addresses until they start again",
    );
    const second = await networks.up("moved", changed, first);
    expect(await networks.refresh(second)).toEqual(second);
    await expectWhole("moved");
    expect(second.bridge).toBe(first.bridge);
    for (const number of [1, 2]) {
        expect(await bridgeOf(host, `guest-moved${number}`)).toBe(first.bridge);
        expect(await host.virsh("dumpxml", `guest-moved${number}`)).toMatch(/<source network='moved' /);
    }
    expect(await host.guestProcess("guest-moved1")).toBe(before);
    expect((await names()).filter((name) => name.startsWith("waiting"))).toEqual([]);
    // To a bridge of the host, and back.
    const over = await networks.up("moved", { name: "moved", mode: "bridge", bridge: "br7" }, second);
    expect(await bridgeOf(host, "guest-moved1")).toBe("br7");
    const third = await networks.up("moved", args, over);
    expect(await bridgeOf(host, "guest-moved2")).toBe(third.bridge);
    for (const number of [1, 2]) {
        await host.virsh("destroy", `guest-moved${number}`);
        await host.virsh("undefine", `guest-moved${number}`);
    }
    await networks.destroy(third);
});

test("a guest on the bridge itself cannot be plugged in again: the preview refuses, and so does the update", async () => {
    const args = { name: "stuck", ipv4: range("10.97.0") };
    const state = await networks.up("stuck", args);
    await startStranger(host, "guest-stuck", "52:54:00:97:00:01", `bridge='${state.bridge}'`);
    const { failures } = await networks.check("stuck", { ...args, mtu: 1300 }, state);
    expect(failures).toEqual([
        "mtu: the network has to restart, and guest-stuck cannot be plugged in again while running: stop them first",
    ]);
    expect(await bridgeOf(host, "guest-stuck")).toBe(state.bridge);
    await host.virsh("destroy", "guest-stuck");
    await host.virsh("undefine", "guest-stuck");
    const { inputs } = await networks.check("stuck", { ...args, mtu: 1300 }, state);
    await startStranger(host, "guest-stuck", "52:54:00:97:00:01", `bridge='${state.bridge}'`);
    const { handlers } = networks as unknown as { handlers: { update: (...all: unknown[]) => Promise<unknown> } };
    await expect(handlers.update("", state, inputs)).rejects.toMatchObject({ code: "in-use" });
    expect(await bridgeOf(host, "guest-stuck")).toBe(state.bridge);
    expect(await dump("stuck", "--inactive")).not.toContain("1300");
    await host.virsh("destroy", "guest-stuck");
    await host.virsh("undefine", "guest-stuck");
    await networks.destroy(state);
});

test("a restart into a range that the host has fails, and the network and its guests are as before", async () => {
    await host.exec("ip", ["addr", "add", "10.99.0.1/24", "dev", "br7"]);
    const args = { name: "back", ipv4: range("10.98.0") };
    const state = await networks.up("back", args);
    await startStranger(host, "guest-back", "52:54:00:98:00:01", "network='back'");
    await expect(networks.up("back", { name: "back", ipv4: range("10.99.0") }, state)).rejects.toMatchObject({
        code: "in-use",
        property: "ipv4.address",
        message: expect.stringContaining("br7"),
    });
    expect(await bridgeOf(host, "guest-back")).toBe(state.bridge);
    expect(await networks.refresh(state)).toEqual(state);
    expect((await names()).filter((name) => name.startsWith("waiting"))).toEqual([]);
    await expect(networks.up("none", { name: "none", ipv4: range("10.99.0") })).rejects.toMatchObject({
        code: "in-use",
    });
    expect(await names()).not.toContain("none");
    await host.virsh("destroy", "guest-back");
    await host.virsh("undefine", "guest-back");
    await networks.destroy(state);
});

test("check asks the host: overlaps, a name that is taken, a reservation outside of the new range", async () => {
    await host.defineNatNetwork("theirs", { subnet: "10.100.0", ipv6: true });
    const failed = async (args: object, state = {}) => (await networks.check("checked", { ...args }, state)).failures;
    expect(await failed({ ipv4: { address: "10.100.0.129/25" } })).toEqual([
        "ipv4.address: 10.100.0.129/25 overlaps 10.100.0.1/24 of network theirs on the host",
    ]);
    expect(await failed({ ipv6: { address: "fd00::1/16" } })).toEqual([
        expect.stringMatching(/^ipv6.address: fd00::1\/16 overlaps fd00:\d+::1\/64 of network theirs/),
    ]);
    expect(await failed({ name: "theirs", ipv4: range("10.101.0") })).toEqual([
        expect.stringMatching(/^name: the host has a network theirs already.*adopt: true/),
    ]);
    const state = await networks.up("checked", { name: "checked", ipv4: range("10.101.0") });
    const theirs = "<host mac='52:54:00:99:00:99' ip='10.101.0.99'/>";
    await host.virsh("net-update", "checked", "add-last", "ip-dhcp-host", theirs, "--live", "--config");
    expect(await failed({ name: "checked", ipv4: range("10.102.0") }, state)).toEqual([
        "ipv4.address: 10.101.0.99, which a guest's interface (52:54:00:99:00:99) has reserved, is not in the new range: change or remove that reservation first",
    ]);
    const stopped = new TestNetworks(host);
    await host.stopDaemon();
    try {
        expect(await (await stopped.check("unseen", { ipv4: range("10.100.0") })).failures).toEqual([]);
        await expect(networks.refresh(state)).rejects.toMatchObject({ code: "unreachable" });
        await expect(networks.destroy(state)).rejects.toMatchObject({ code: "unreachable" });
    } finally {
        await host.startDaemon();
    }
    await networks.destroy(state);
});

test("drift is found, shown and corrected; a network that is off is started", async () => {
    const args = { name: "drift", ipv4: range("10.103.0"), hosts: [{ name: "a", address: "10.103.0.10" }] };
    const state = await networks.up("drift", args);
    await host.virsh("net-update", "drift", "delete", "dns-host", "<host ip='10.103.0.10'/>", "--live");
    await host.virsh("net-autostart", "drift", "--disable");
    const seen = await networks.refresh(state);
    expect(seen).toMatchObject({ hosts: [], autostart: false });
    expect(await networks.up("drift", args, seen)).toEqual({ ...state, consequence: "live: hosts, autostart" });
    expect(await resolveAt(host, "10.103.0.1", "a")).toBe("10.103.0.10");
    await host.virsh("net-destroy", "drift");
    const off = await networks.refresh(state);
    expect(off).toMatchObject({ drift: ["unfinished"] });
    await networks.up("drift", args, off);
    await expectWhole("drift");
    await networks.destroy(state);
});

test("a network of another program is refused, adopted, and imported; what is not ours is never removed", async () => {
    await host.defineNatNetwork("others", { subnet: "10.104.0" });
    const args = { name: "others", ipv4: range("10.104.0") };
    const uuid = await host.virsh("net-uuid", "others");
    const imported = await networks.import("others", "imported");
    expect(imported).toMatchObject({ name: "others", mode: "nat", uuid, ipv4: args.ipv4, imported: {} });
    const { failures } = await networks.check("adopted", args);
    expect(failures).toEqual([expect.stringContaining("adopt: true")]);
    const adopted = await networks.up("adopted", { ...args, adopt: true });
    expect(adopted).toMatchObject({ uuid });
    await expectWhole("others");
    expect(await dump("others")).toContain("virbr");
    // The state of the import is from before.
    await expect(networks.destroy(imported!)).rejects.toMatchObject({ code: "not-ours" });
    await host.virsh("net-destroy", "others");
    await host.virsh("net-undefine", "others");
    const file = `${host.folder}/others.xml`;
    writeFileSync(file, `<network><name>others</name><uuid>${uuid}</uuid><bridge name='virbr42'/></network>`);
    await host.virsh("net-define", file);
    for (const work of [networks.destroy(adopted), networks.refresh(adopted)])
        await expect(work).rejects.toMatchObject({ code: "not-ours" });
    expect(await names()).toContain("others");
    await host.virsh("net-undefine", "others");
    expect(urnOfNetwork("adopted")).toBe(adopted.urn);
});

test("an import names what no argument declares", async () => {
    const file = `${host.folder}/rich.xml`;
    writeFileSync(
        file,
        "<network><name>rich</name><bandwidth><inbound average='1000'/></bandwidth><ip address='10.105.0.1' prefix='24'><tftp root='/srv'/></ip></network>",
    );
    await host.virsh("net-define", file);
    await expect(networks.import("rich", "rich")).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringContaining("<bandwidth>, <tftp> in <ip>"),
    });
    expect(await networks.import("none", "none")).toBeUndefined();
    await host.virsh("net-undefine", "rich");
});
