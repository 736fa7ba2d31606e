import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readFacts, readForImport } from "../../../backends/libvirt/devices";
import { assertReservable } from "../../../backends/libvirt/lifecycle/network/reservable";
import type { Mark } from "../../../backends/libvirt/model";
import {
    readCapabilities,
    readDomainCapabilities,
    readMark,
    readNetwork,
    withLockedDisplays,
    withoutRestarts,
} from "../../../backends/libvirt/xml";
import {
    keepForeignOfNetwork,
    readDefinition,
    readPorts,
    renderDefinition,
    undeclarable,
} from "../../../backends/libvirt/xml/networks";
import { withMark, withoutMark } from "../../support/marks";
import { pieces, textOf } from "./mutate";
import { made, survives } from "./survives";

const golden = (name: string): string => readFileSync(join(__dirname, "../libvirt-xml", name), "utf8");
const mark: Mark = {
    schemaVersion: 2,
    urn: "urn:pulumi:dev::p::unikernel:index:Unikernel::web",
    bootDigest: "0123",
    phase: "ready",
    since: "2026-01-01T00:00:00.000Z",
    creator: { user: "alice", machine: "m", project: "p" },
    disowned: [{ user: "bob", machine: "m", project: "p" }],
    folder: "/var/lib/pulumi-unikernel/u",
    files: [{ name: "kernel-0123456789abcdef", role: "kernel", digest: "0123" }],
    lastGood: "<domain type='qemu'/>",
    reservations: [{ network: "default", mac: "52:54:00:00:00:01", address: "192.168.122.10" }],
};
const strangers = `<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>s</name><memory unit='GiB'>1</memory><vcpu current='1'>2</vcpu>
    <os><type arch='x86_64' machine='pc'>hvm</type><kernel>/k</kernel></os><on_crash>coredump-restart</on_crash>
    <devices><disk type='file'><driver type='qcow2'/><source file='/d'/><target dev='vda' bus='virtio'/><address type='pci' slot='0x04'/></disk>
    <interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/><portForward proto='tcp'><range start='1' to='2'/></portForward></interface>
    <graphics type='vnc' passwd='secret'/><channel/></devices>
    <qemu:commandline><qemu:arg value='-netdev'/><qemu:arg value='user,id=n,hostfwd=tcp::8080-:80'/><qemu:arg value='-device'/><qemu:arg value='virtio-net-pci,netdev=n,addr=0x5'/></qemu:commandline></domain>`;

const LIMIT = 10_000;
/** Elements cost more than text. */
const usual = (root: string): string => `<${root}>${"<a b='1'>c</a>".repeat(LIMIT / 14)}</${root}>`;
const tokens = [
    "<a>",
    "</a>",
    "<domain>",
    "<a",
    "/>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "<!DOCTYPE domain [",
    "&amp;",
    "&#10;",
    "&lt;",
    "&",
    '"',
    "'",
    " a='1'",
    "xmlns:a='b'",
    "<constructor/>",
    "constructor",
    "hostfwd=x,",
    ",,",
    "-netdev",
];

survives("a domain's definition", {
    samples: [withMark(golden("golden/everything.xml"), mark), golden("fixtures/running.xml"), strangers],
    limit: LIMIT,
    usual: usual("domain"),
    tokens,
    parse: (bytes) => readDomain(bytes.toString("utf8")),
});

/** Arguments of QEMU, which libvirt takes as they are. */
const commandlines = made(
    fc.array(
        fc.record({
            option: fc.constantFrom("-netdev", "-device", "-gdb", "-append"),
            value: pieces([
                "hostfwd=x,",
                "user,",
                "id=unikernel-net0,",
                "netdev=",
                "tcp::1-:2",
                ",",
                ",,",
                "=",
                "tcp:",
                ":1",
            ]),
        }),
        { maxLength: 4 },
    ),
    (args) =>
        Buffer.from(
            `<domain><devices/><commandline>${args.map(({ option, value }) => `<arg value='${option}'/><arg value='${escaped(textOf(value, 60_000))}'/>`).join("")}</commandline></domain>`,
        ),
);

survives("a domain's arguments of QEMU", {
    samples: [
        "<domain><commandline><arg value='-netdev'/><arg value='user,id=unikernel-net0,hostfwd=tcp::8080-:80'/><arg value='-gdb'/><arg value='tcp:127.0.0.1:1234'/></commandline></domain>",
    ],
    tokens: ["hostfwd=x,", ",,", "tcp:", ":1"],
    made: commandlines,
    limit: 20_000,
    parse: (bytes) => {
        readFacts(bytes.toString("utf8"));
        readForImport(bytes.toString("utf8"));
    },
});

function escaped(text: string): string {
    return text
        .replaceAll("&", "&amp;")
        .replaceAll("<", "&lt;")
        .replaceAll("'", "&apos;")
        .replaceAll(/[\0-\x1f\x7f-\xff]/g, "?");
}

function readDomain(xml: string): void {
    const facts = [
        () => readFacts(xml),
        () => readMark(xml),
        () => readForImport(xml),
        () => readPorts(xml),
        () => withLockedDisplays(xml),
        () => withoutRestarts(xml),
        () => withMark(withoutMark(xml), mark),
    ];
    // One that refuses must not keep the others from being tried.
    const refused: unknown[] = [];
    for (const read of facts) {
        try {
            read();
        } catch (error) {
            refused.push(error);
        }
    }
    if (refused.length > 0)
        throw refused.find((error) => !(error instanceof Error && error.name === "UnikernelError")) ?? refused[0];
}

survives("a network's definition", {
    samples: [
        "<network><name>default</name><uuid>u</uuid><forward mode='nat'/><bridge name='virbr0'/><ip address='192.168.122.1' netmask='255.255.255.0'><dhcp><host mac='52:54:00:00:00:01' name='web' ip='192.168.122.10'/></dhcp></ip><ip family='ipv6' address='fd00:1::1' prefix='64'/></network>",
    ],
    tokens: [...tokens, "<ip address='10.0.0.1' prefix='", "<dhcp>", "4294967296", "-1"],
    limit: LIMIT,
    usual: usual("network"),
    parse: (bytes) => assertReservable(readNetwork(bytes.toString("utf8")), "192.168.122.10", "ipv4.reserve"),
});

survives("a network's definition, to be written again", {
    samples: [
        "<network connections='1' xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'><name>n</name><uuid>u</uuid><metadata><unikernel:network xmlns:unikernel='urn:pulumi-unikernel:domain:1' version='1' phase='ready'><unikernel:urn>urn</unikernel:urn><unikernel:creator user='u' machine='m' project='p'/><unikernel:host name='a' address='10.0.0.2'/></unikernel:network><a:b xmlns:a='x'/></metadata><forward mode='nat'><nat><port start='1024' end='65535'/></nat></forward><bridge name='virbr0' stp='on' delay='0'/><mtu size='1400'/><mac address='52:54:00:00:00:01'/><domain name='d' localOnly='yes'/><dns><forwarder addr='9.9.9.9'/><txt name='t' value='v'/><host ip='10.0.0.2'><hostname>a</hostname></host></dns><ip address='10.0.0.1' prefix='24'><dhcp><range start='10.0.0.2' end='10.0.0.9'/><host mac='52:54:00:00:00:02' ip='10.0.0.3'/></dhcp></ip></network>",
    ],
    tokens: [...tokens, "<ip address='10.0.0.1' prefix='", "<dhcp>", "<dns>", "4294967296", "-1"],
    limit: LIMIT,
    usual: usual("network"),
    parse: (bytes) => {
        const xml = bytes.toString("utf8");
        const definition = readDefinition(xml);
        undeclarable(xml);
        const { name, uuid, mode, forwarders, subnets, records } = definition;
        const wanted = renderDefinition({ name, uuid, mode, forwarders, subnets, records });
        readDefinition(keepForeignOfNetwork(wanted, xml, { entries: [], records: [] }));
    },
});

survives("a host's capabilities", {
    samples: [
        "<capabilities><host><uuid>h</uuid><cpu><arch>x86_64</arch></cpu><secmodel><model>dac</model><baselabel>+64055:+106</baselabel></secmodel></host><guest><arch name='x86_64'><emulator>/usr/bin/qemu-system-x86_64</emulator><domain type='kvm'/></arch></guest></capabilities>",
    ],
    tokens,
    limit: LIMIT,
    usual: usual("capabilities"),
    parse: (bytes) => readCapabilities(bytes.toString("utf8")),
});

survives("what a host can do for a domain", {
    samples: [
        "<domainCapabilities><path>/q</path><machine>pc</machine><vcpu max='255'/><cpu><mode name='maximum' supported='yes'/></cpu><devices><interface supported='yes'><enum name='backendType'><value>passt</value></enum></interface></devices></domainCapabilities>",
    ],
    tokens,
    limit: LIMIT,
    usual: usual("domainCapabilities"),
    parse: (bytes) => readDomainCapabilities(bytes.toString("utf8")),
});
