import type { HostNetworks } from "../../../backends";
import { UNKNOWN } from "../../../core";
import { networkHandlers } from "../../../core/network";
import { forgetNetworks } from "../../../core/network/inProgram";
import { UnikernelError } from "../../../model";

const urn = (name: string) => `urn:pulumi:dev::shop::unikernel:index:Network::${name}`;

/** A host that cannot be asked. */
const unreachable = new Proxy({} as HostNetworks, {
    get: () => async () => {
        throw new UnikernelError("unreachable", "no host");
    },
});
const handlers = networkHandlers({
    networks: unreachable,
    defaultConnection: () => "qemu:///system",
    creator: { user: "alice", machine: "m", project: "p" },
    log: () => undefined,
});
const check = (args: object, olds: object = {}, name = "lan") =>
    handlers.check({ ...olds }, { resourceUrn: urn(name), ...args });
const problems = async (args: object): Promise<string[]> =>
    (await check(args)).failures.map(({ property, reason }) => `${property}: ${reason}`);
beforeEach(forgetNetworks);

const ipv4 = { address: "10.20.0.1/24", dhcp: { start: "10.20.0.100", end: "10.20.0.200" } };

test("the inputs have all defaults, an identity of the URN's, and one text for each address", async () => {
    expect(await check({ ipv6: { address: "FD00:0020::1/64" } })).toEqual({
        inputs: {
            schemaVersion: expect.any(Number),
            urn: urn("lan"),
            uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
            name: expect.stringMatching(/^lan-[0-9a-f]{7}$/),
            connection: "qemu:///system",
            mode: "nat",
            ipv6: { address: "fd00:20::1/64" },
            forwarders: [],
            hosts: [],
            autostart: true,
            consequence: "",
        },
        failures: [],
    });
});

test.each<[string, object, string[]]>([
    ["a session", { connection: "qemu:///session" }, ["connection: a session has no networks"]],
    ["a session elsewhere", { connection: "qemu+ssh://a@b/session?x=1" }, ["connection: a session has no networks"]],
    ["no host of ours", { connection: "test:///default" }, ["connection: test:///default leads to no KVM or Xen host"]],
    [
        "an address without prefix",
        { ipv4: { address: "10.0.0.1" } },
        ["ipv4.address: expected an IPv4 address with its prefix"],
    ],
    [
        "the network's own address",
        { ipv4: { address: "10.0.0.0/24" } },
        ["ipv4.address: 10.0.0.0 is the network's own"],
    ],
    [
        "the broadcast address",
        { ipv4: { address: "10.0.0.255/24" } },
        ["ipv4.address: 10.0.0.255 is the network's own"],
    ],
    [
        "DHCP outside",
        { ipv4: { ...ipv4, dhcp: { start: "10.20.1.1", end: "10.20.0.9" } } },
        ["ipv4.dhcp.start: 10.20.1.1 is not in 10.20.0.1/24"],
    ],
    [
        "DHCP backwards",
        { ipv4: { ...ipv4, dhcp: { start: "10.20.0.9", end: "10.20.0.8" } } },
        ["ipv4.dhcp.end: 10.20.0.8 is before 10.20.0.9"],
    ],
    [
        "DHCP of the gateway",
        { ipv4: { ...ipv4, dhcp: { start: "10.20.0.1", end: "10.20.0.8" } } },
        ["ipv4.dhcp: 10.20.0.1–10.20.0.8 has 10.20.0.1"],
    ],
    [
        "IPv6 DHCP in another network",
        { ipv6: { address: "fd00::1/64", dhcp: { start: "fd01::1", end: "fd01::2" } } },
        ["ipv6.dhcp.start: fd01::1", "ipv6.dhcp.end: fd01::2"],
    ],
    ["a bridge without the mode", { bridge: "br0" }, ['bridge: only with mode: "bridge"']],
    ["the mode without a bridge", { mode: "bridge" }, ['bridge: required with mode: "bridge"']],
    [
        "addresses over a bridge",
        { mode: "bridge", bridge: "br0", ipv4, mtu: 1400, hosts: [{ name: "a", address: "10.20.0.2" }] },
        ["ipv4: not with", "hosts: not with", "mtu: not with"],
    ],
    [
        "a name that no resolver takes",
        { hosts: [{ name: "a_b", address: "10.0.0.1" }] },
        ["hosts[0].name: expected a DNS name"],
    ],
    ["a label of 64", { domain: "a".repeat(64) }, ["domain: expected a DNS name"]],
    ["a domain of digits", { domain: "10.20" }, ["domain: expected a DNS name, which is not of digits alone"]],
    [
        "a name twice",
        {
            ipv4,
            hosts: [
                { name: "A", address: "10.20.0.2" },
                { name: "a", address: "10.20.0.3" },
            ],
        },
        ["hosts[1].name: a has the address 10.20.0.2 already"],
    ],
    [
        "a MAC twice",
        {
            ipv4,
            hosts: [
                { name: "a", address: "10.20.0.2", mac: "52:54:00:00:00:01" },
                { name: "b", address: "10.20.0.3", mac: "52:54:00:00:00:01" },
            ],
        },
        ["hosts[1].mac: 52:54:00:00:00:01 has an address already"],
    ],
    [
        "a reservation outside",
        { ipv4, hosts: [{ name: "a", address: "10.21.0.2", mac: "52:54:00:00:00:01" }] },
        ["hosts[0].address: 10.21.0.2 is not in the network"],
    ],
    [
        "a reservation of the gateway",
        { ipv4, hosts: [{ name: "a", address: "10.20.0.1", mac: "52:54:00:00:00:01" }] },
        ["hosts[0].address: 10.20.0.1 is the host's own"],
    ],
    [
        "a MAC with IPv6",
        { ipv6: { address: "fd00::1/64" }, hosts: [{ name: "a", address: "fd00::2", mac: "52:54:00:00:00:01" }] },
        ["hosts[0].mac: DHCP for IPv6 knows no MAC"],
    ],
    ["an MTU below IPv4's least", { mtu: 100 }, ["mtu: expected a whole number of bytes from 576 to 65535"]],
    ["an unknown argument", { nat: true }, ["nat: unknown property"]],
])("%s is refused with the reason", async (_what, args, reasons) => {
    expect(await problems(args)).toEqual(reasons.map((reason) => expect.stringContaining(reason)));
});

test("a name for both families, and a name without an address of the network, are no problem", async () => {
    expect(
        await problems({
            ipv4,
            hosts: [
                { name: "a", address: "10.20.0.2" },
                { name: "a", address: "fd00::2" },
                { name: "b", address: "192.0.2.1" },
            ],
        }),
    ).toEqual([]);
});

test("ranges and names that overlap in the program on one host name the other network", async () => {
    await check({ name: "one", ipv4 }, {}, "first");
    const second = await check({ name: "one", ipv4: { address: "10.20.0.129/25" } }, {}, "second");
    expect(second.failures).toEqual([
        { property: "name", reason: 'one is already used by "first"' },
        { property: "ipv4.address", reason: '10.20.0.129/25 overlaps 10.20.0.1/24 of "first"' },
    ]);
    const elsewhere = await check({ name: "one", ipv4, connection: "qemu+ssh://other/system" }, {}, "third");
    expect(elsewhere.failures).toEqual([]);
});

test("networks of two Xen hosts, whose libvirt tells no uuid, are not on one host for that", async () => {
    const answering = networkHandlers({
        networks: { look: async () => ({ host: "", session: false, problems: [] }) } as unknown as HostNetworks,
        defaultConnection: () => "xen:///system",
        creator: { user: "alice", machine: "m", project: "p" },
        log: () => undefined,
    });
    const on = async (machine: string, name: string) =>
        answering.check({}, { resourceUrn: urn(name), name: "lan", ipv4, connection: `xen+tcp://${machine}/system` });
    const { inputs } = await on("a", "first");
    expect(inputs.host).toBe("");
    expect((await on("b", "second")).failures).toEqual([]);
    expect((await on("a", "third")).failures).toHaveLength(2);
    // A host whose identifier becomes known is the same one.
    const diff = await answering.diff("id", inputs, { ...inputs, host: "6a1d2e6c-7a0b-4c41-9d3e-0d1e5c0a7e50" });
    expect(diff.replaces).toEqual([]);
});

test.each<[string, object, object, string]>([
    ["a name", { ipv4 }, { ipv4, hosts: [{ name: "a", address: "10.20.0.2" }] }, "live: hosts"],
    ["the range of DHCP", { ipv4 }, { ipv4: { ...ipv4, dhcp: undefined } }, "live: ipv4"],
    [
        "a second address of a name",
        { ipv4 },
        {
            ipv4,
            hosts: [
                { name: "a", address: "10.20.0.2" },
                { name: "a", address: "fd00::2" },
            ],
        },
        "live: hosts",
    ],
    [
        "mode, domain, forwarders and MTU",
        { ipv4 },
        { ipv4, mode: "route", domain: "a", forwarders: [{ address: "9.9.9.9" }], mtu: 1400 },
        "restart of the network: mode, domain, forwarders, mtu; its guests are not known: the host cannot be asked",
    ],
    ["another name of the network", { ipv4, name: "a" }, { ipv4, name: "b" }, "replace: name"],
    ["nothing", { ipv4 }, { ipv4 }, ""],
])("%s: what the preview says", async (_what, before, after, consequence) => {
    const { inputs: olds } = await check(before);
    const { inputs, failures } = await check(after, olds);
    expect([inputs.consequence, failures]).toEqual([consequence, []]);
    const diff = await handlers.diff("id", { ...olds, bridge: "vn1" }, inputs);
    expect(diff).toEqual({
        changes: consequence === "" ? false : undefined,
        replaces: consequence.startsWith("replace") ? ["name"] : [],
        deleteBeforeReplace: true,
    });
});

test("what is not known yet is no problem, and a value beside it is checked", async () => {
    expect(
        await problems({
            ipv4: { address: UNKNOWN },
            hosts: [{ name: "a", address: "10.0.0.2", mac: "52:54:00:00:00:01" }],
        }),
    ).toEqual([]);
    expect(await problems({ mode: "bridge", bridge: UNKNOWN, mtu: 1400 })).toEqual([
        expect.stringContaining("mtu: not with"),
    ]);
});

test("a host that cannot be asked is no host without the network", async () => {
    const { inputs } = await check({ ipv4 });
    for (const work of [handlers.read("id", inputs), handlers.delete("id", inputs), handlers.create(inputs)])
        await expect(work).rejects.toMatchObject({ code: "unreachable" });
});
