import {
    readCapabilities,
    readDomainCapabilities,
    readNetwork,
    renderReservation,
} from "../../../backends/libvirt/xml";

test.each([
    [{ mac: "52:54:00:00:00:01", address: "192.168.122.10" }, '<host mac="52:54:00:00:00:01" ip="192.168.122.10"/>'],
    [
        { mac: "52:54:00:00:00:01", name: "web", address: "192.168.122.10" },
        '<host mac="52:54:00:00:00:01" name="web" ip="192.168.122.10"/>',
    ],
])("a reservation: %j", (reservation, xml) => {
    expect(renderReservation(reservation)).toBe(xml);
});

test.each([
    [
        "nat",
        "<network><name>default</name><uuid>u</uuid><forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward><bridge name='virbr0' stp='on'/>" +
            "<ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><range start='192.168.122.2' end='192.168.122.254'/><host mac='52:54:00:00:00:01' name='web' ip='192.168.122.10'/></dhcp></ip>" +
            "<ip family='ipv6' address='fd00:1::1' prefix='64'/></network>",
        {
            name: "default",
            uuid: "u",
            bridge: "virbr0",
            forward: "nat",
            reservations: [{ mac: "52:54:00:00:00:01", name: "web", address: "192.168.122.10" }],
            records: [],
            subnets: [
                { address: "192.168.122.1", prefix: 24, family: "ipv4", dhcp: true },
                { address: "fd00:1::1", prefix: 64, family: "ipv6", dhcp: false },
            ],
        },
    ],
    [
        "isolated, with names, without DHCP",
        "<network><name>lonely</name><uuid>u</uuid><bridge name='virbr1'/><domain name='lonely.internal'/><dns><host ip='10.0.0.2'><hostname>Web</hostname><hostname>www</hostname></host><host ip='FD00:0::2'><hostname>web</hostname></host></dns><ip address='10.0.0.1' prefix='30'/></network>",
        {
            name: "lonely",
            uuid: "u",
            bridge: "virbr1",
            forward: undefined,
            reservations: [],
            records: [
                { address: "10.0.0.2", names: ["Web", "www"] },
                { address: "fd00::2", names: ["web"] },
            ],
            domain: "lonely.internal",
            subnets: [{ address: "10.0.0.1", prefix: 30, family: "ipv4", dhcp: false }],
        },
    ],
    [
        "a bridge of the host's",
        "<network><name>lan</name><uuid>u</uuid><forward mode='bridge'/><bridge name='br0'/></network>",
        { name: "lan", uuid: "u", bridge: "br0", forward: "bridge", reservations: [], records: [], subnets: [] },
    ],
    [
        "forward without a mode is nat",
        "<network><name>n</name><uuid>u</uuid><forward/></network>",
        { name: "n", uuid: "u", bridge: undefined, forward: "nat", reservations: [], records: [], subnets: [] },
    ],
])("a network: %s", (_name, xml, facts) => {
    expect(readNetwork(xml)).toEqual(facts);
});

const guests = `<guest><os_type>hvm</os_type><arch name='i686'><emulator>/usr/bin/qemu-system-i386</emulator><domain type='xen'/></arch></guest>
    <guest><os_type>hvm</os_type><arch name='x86_64'><wordsize>64</wordsize><emulator>/usr/bin/qemu-system-x86_64</emulator><domain type='qemu'/><domain type='kvm'/></arch></guest>`;

test("a host's capabilities", () => {
    expect(
        readCapabilities(
            `<capabilities><host><uuid>h</uuid><cpu><arch>x86_64</arch></cpu></host>${guests}</capabilities>`,
        ),
    ).toEqual({ hostUuid: "h", arch: "x86_64", domainTypes: ["qemu", "kvm"], emulator: "/usr/bin/qemu-system-x86_64" });
    expect(readCapabilities("<capabilities><host/></capabilities>")).toEqual({
        hostUuid: "",
        arch: "",
        domainTypes: [],
        emulator: undefined,
    });
});

test.each([
    ["libvirt 9.0 says nothing of interfaces", "", []],
    [
        "one without passt",
        "<interface supported='yes'><enum name='backendType'><value>default</value></enum></interface>",
        ["default"],
    ],
    [
        "one with passt",
        "<interface supported='yes'><enum name='backendType'><value>default</value><value>passt</value></enum></interface>",
        ["default", "passt"],
    ],
])("what a domain can have: %s", (_name, part, netBackends) => {
    const xml = `<domainCapabilities><path>/usr/bin/qemu-system-x86_64</path><domain>qemu</domain><machine>pc-i440fx-7.2</machine><arch>x86_64</arch><vcpu max='255'/>
        <cpu><mode name='host-passthrough' supported='no'/><mode name='maximum' supported='yes'/></cpu><devices>${part}</devices></domainCapabilities>`;
    expect(readDomainCapabilities(xml)).toEqual({
        machine: "pc-i440fx-7.2",
        emulator: "/usr/bin/qemu-system-x86_64",
        netBackends,
    });
});

test("a host's capabilities are parsed once, and another host's are its own", () => {
    const of = (uuid: string): string => `<capabilities><host><uuid>${uuid}</uuid></host></capabilities>`;
    const first = readCapabilities(of("one"));
    expect(readCapabilities(of("one"))).toBe(first);
    expect(readCapabilities(of("two")).hostUuid).toBe("two");
    for (let index = 0; index < 100; index++) readCapabilities(of(String(index)));
    expect(readCapabilities(of("one"))).toEqual(first);
});
