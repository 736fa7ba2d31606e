import { isSameDefinition, liveChanges } from "../../../backends/libvirt/networks/changes";
import { declarationOf, definitionOf, entriesOf } from "../../../backends/libvirt/networks/wanted";
import { keepForeignOfNetwork, readDefinition, renderDefinition } from "../../../backends/libvirt/xml/networks";
import type { NetworkHost, NetworkSpec } from "../../../model";

const spec: NetworkSpec = {
    urn: "urn:pulumi:dev::p::unikernel:index:Network::lan",
    uuid: "0b4ff6a8-8b7c-5bb6-9d13-0a1d2c3b4a59",
    name: "lan",
    connection: "qemu:///system",
    mode: "nat",
    ipv4: { address: "10.20.0.1/24", dhcp: { start: "10.20.0.100", end: "10.20.0.200" } },
    ipv6: { address: "fd00:20::1/64" },
    domain: "web.internal",
    forwarders: [{ address: "9.9.9.9", domain: "example.org" }, { address: "fd00::53" }],
    hosts: [
        { name: "db", address: "10.20.0.10", mac: "52:54:00:00:00:10" },
        { name: "sql", address: "10.20.0.10" },
    ],
    mtu: 1400,
    autostart: true,
    adopt: false,
};
const mark = {
    urn: spec.urn,
    creator: { user: "a <b>", machine: "m", project: "p" },
    phase: "ready",
    hosts: spec.hosts,
} as const;
const define = (more: Partial<NetworkSpec> = {}) => definitionOf({ ...spec, ...more });

test("a definition is read as it was written, and says what was declared", () => {
    const definition = definitionOf(spec, { ...mark, incarnation: "0123", standsFor: "u", hosts: [...mark.hosts] });
    expect(readDefinition(renderDefinition(definition))).toEqual(definition);
    const { ipv4, ipv6, domain, forwarders, hosts, mtu } = spec;
    expect(declarationOf(definition)).toEqual({
        mode: "nat",
        bridge: "vn0b4ff6a88b",
        ipv4,
        ipv6,
        domain,
        forwarders,
        hosts,
        mtu,
    });
    const over = definitionOf({ ...spec, mode: "bridge", bridge: "br0", ipv4: undefined, ipv6: undefined });
    expect(renderDefinition(over)).toContain('<forward mode="bridge"/><bridge name="br0"/>');
});

const hosts = (...list: NetworkHost[]) => ({ hosts: list });
const [a, b, six] = [
    { name: "a", address: "10.20.0.2" },
    { name: "b", address: "10.20.0.3", mac: "52:54:00:00:00:03" },
    { name: "a", address: "fd00:20::2" },
];

test.each<[string, Partial<NetworkSpec>, Partial<NetworkSpec>, string[] | undefined]>([
    ["nothing", {}, {}, []],
    ["a name", hosts(), hosts(a), ['add-last dns-host - <host ip="10.20.0.2"><hostname>a</hostname></host>']],
    [
        "a reservation that goes, and its address's other owner",
        hosts(b),
        hosts({ ...b, mac: "52:54:00:00:00:04" }),
        [
            'delete dhcp-host 0 <host mac="52:54:00:00:00:03" name="b" ip="10.20.0.3"/>',
            'add-last dhcp-host 0 <host mac="52:54:00:00:00:04" name="b" ip="10.20.0.3"/>',
        ],
    ],
    [
        "another address of a name",
        hosts(a),
        hosts({ ...a, address: "10.20.0.9" }),
        [
            'delete dns-host - <host ip="10.20.0.2"/>',
            'add-last dns-host - <host ip="10.20.0.9"><hostname>a</hostname></host>',
        ],
    ],
    [
        "a second address of a name",
        hosts(a),
        hosts(a, six),
        ['add-last dns-host - <host ip="fd00:20::2"><hostname>a</hostname></host>'],
    ],
    [
        "the range",
        {},
        { ipv4: { address: "10.20.0.1/24", dhcp: { start: "10.20.0.50", end: "10.20.0.60" } } },
        [
            'delete dhcp-range 0 <range start="10.20.0.100" end="10.20.0.200"/>',
            'add-last dhcp-range 0 <range start="10.20.0.50" end="10.20.0.60"/>',
        ],
    ],
    [
        "the first range of IPv6",
        {},
        { ipv6: { address: "fd00:20::1/64", dhcp: { start: "fd00:20::2", end: "fd00:20::3" } } },
        ['add-last dhcp-range 1 <range start="fd00:20::2" end="fd00:20::3"/>'],
    ],
    ["the host's address", {}, { ipv4: { address: "10.20.0.2/24", dhcp: spec.ipv4!.dhcp } }, undefined],
    ["the mode", {}, { mode: "isolated" }, undefined],
    ["the domain", {}, { domain: "other" }, undefined],
    ["the forwarders", {}, { forwarders: [] }, undefined],
    ["the MTU", {}, { mtu: undefined }, undefined],
    ["no IPv6", {}, { ipv6: undefined }, undefined],
])("%s: what libvirt is asked for", (_what, before, after, expected) => {
    const own = [before, after].map((one) => entriesOf({ ...spec, ...one }.hosts));
    const changes = liveChanges(define(before), define(after), {
        entries: own.flatMap(({ entries }) => entries),
        records: own.flatMap(({ records }) => records),
    });
    const said = changes?.map(({ command, section, parent, xml }) => `${command} ${section} ${parent ?? "-"} ${xml}`);
    expect(said).toEqual(expected);
});

const THEIRS = `<network connections='1' ipv6='yes'><name>lan</name><uuid>u</uuid>
  <metadata><x:note xmlns:x='urn:x'>theirs</x:note><unikernel:network xmlns:unikernel='urn:pulumi-unikernel:domain:1' version='1' phase='ready'><unikernel:urn>old</unikernel:urn><unikernel:creator user='a' machine='m' project='p'/></unikernel:network></metadata>
  <forward mode='nat' dev='eth0'><nat><port start='1024' end='2048'/></nat><interface dev='eth0'/></forward>
  <bridge name='vn0b4ff6a88b' stp='off' delay='2' zone='z'/>
  <domain name='web.internal' localOnly='no'/>
  <dns enable='yes'><forwarder addr='8.8.8.8'/><txt name='t' value='v'/><host ip='10.20.0.10'><hostname>old</hostname></host><host ip='10.20.0.77'><hostname>theirs</hostname></host></dns>
  <bandwidth><inbound average='1000'/></bandwidth><portgroup name='p'/>
  <ip address='10.20.0.1' prefix='24'><tftp root='/srv'/><dhcp><range start='10.20.0.2' end='10.20.0.3'/><host mac='52:54:00:00:00:10' ip='10.20.0.10'/><host mac='52:54:00:00:00:77' ip='10.20.0.77'/><bootp file='f'/></dhcp></ip>
  <ip address='10.21.0.1' prefix='24'/></network>`;

test("a new definition keeps what others wrote into the former one, and nothing else", () => {
    const fresh = renderDefinition(definitionOf(spec, { ...mark, hosts: [...mark.hosts] }));
    const merged = keepForeignOfNetwork(fresh, THEIRS, entriesOf(spec.hosts));
    for (const kept of [
        "theirs</x:note>",
        '<port start="1024" end="2048"/>',
        'dev="eth0"',
        'zone="z"',
        '<txt name="t" value="v"/>',
        "<hostname>theirs</hostname>",
        '<inbound average="1000"/>',
        '<portgroup name="p"/>',
        '<tftp root="/srv"/>',
        '<host mac="52:54:00:00:00:77" ip="10.20.0.77"/>',
        '<bootp file="f"/>',
        '<ip address="10.21.0.1" prefix="24"/>',
        'ipv6="yes"',
    ])
        expect(merged).toContain(kept);
    for (const gone of ["8.8.8.8", "hostname>old<", "connections", 'end="10.20.0.3"', ">old<", 'stp="off"'])
        expect(merged).not.toContain(gone);
    expect(readDefinition(merged).mark).toMatchObject({ urn: spec.urn });
    expect(keepForeignOfNetwork(fresh, merged, entriesOf(spec.hosts))).toBe(merged);
});

test("order is no difference, a value is", () => {
    const one = define({ hosts: [a, b] });
    const other = { ...one, records: [...one.records].reverse() };
    expect(isSameDefinition(one, other)).toBe(true);
    expect(isSameDefinition(one, define({ hosts: [a] }))).toBe(false);
});
