import { readForImport, renderDomain } from "../../../backends/libvirt/devices";
import type { DomainModel } from "../../../backends/libvirt/model";
import { attachKind } from "../../../model";
import { least, variants } from "./variants";

const KERNEL = "<os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type><kernel>/k</kernel></os>";

/** A definition as libvirt gives one back. */
function domain({
    inside = "",
    devices = "",
    os = KERNEL,
    memory = "<memory unit='KiB'>65536</memory>",
    type = "qemu",
}: Record<string, string> = {}): string {
    return `<domain type='${type}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>web</name><uuid>5d9d7b6e-8f0b-5c3e-9a54-3f1d5a6c2b01</uuid>
        ${memory}${os}<on_reboot>destroy</on_reboot>${inside}<devices>${devices}</devices></domain>`;
}
const args = (...values: string[]) =>
    `<qemu:commandline>${values.map((value) => `<qemu:arg value='${value}'/>`).join("")}</qemu:commandline>`;
const at = (slot: number, bus = 0) =>
    `<address type='pci' domain='0x0000' bus='0x0${bus}' slot='0x0${slot}' function='0x0'/>`;
const disk = (more = "", head = "type='file' device='disk'") =>
    `<disk ${head}><driver name='qemu' type='raw'/><source file='/d'/><target dev='vda' bus='virtio'/>${more}</disk>`;
const card = (more = "", type = "network", source = "network='default'") =>
    `<interface type='${type}'><mac address='52:54:00:0A:00:01'/><source ${source}/><model type='virtio'/>${more}</interface>`;

const ours = Object.entries(variants)
    .map(([name, change]): [string, DomainModel] => [name, { ...least, ...change }])
    .filter(([, { type }]) => type !== "xen");

test.each(ours)("our own definition, read again: %s", (_, model) => {
    const { declared, notes } = readForImport(renderDomain(model));
    expect(notes.refused).toEqual([]);
    expect(notes.dropped).toEqual(model.panicDevice ? ["panic device"] : []);
    expect(notes.changed).toEqual(model.machine === "q35" ? ["machine: q35 → pc"] : []);
    expect(declared).toMatchObject({
        accelerator: model.type === "kvm" ? "kvm" : "tcg",
        memory: model.memoryMib,
        vcpus: model.vcpus,
        onCrash: model.onCrash,
        ...model.boot,
        qemuArgs: model.qemuArgs,
        blocks: model.disks.map(({ path, readonly, format }) => ({ path, writable: !readonly, format })),
    });
    expect(declared.gdb).toEqual(model.gdb);
    expect(declared.interfaces.map(({ mac, attach }) => [mac, attachKind(attach)])).toEqual(
        model.interfaces.map(({ mac, source }) => [mac, source.kind]),
    );
    const forwards = declared.interfaces.flatMap(({ attach }) => ("user" in attach ? attach.user.forward : []));
    expect(forwards).toEqual(model.interfaces.flatMap(({ source }) => (source.kind === "user" ? source.forwards : [])));
});

test.each<[string, string, object]>([
    ["a network", card(), { network: "default" }],
    ["a bridge", card("<target dev='vnet0'/>", "bridge", "bridge='br0'"), { bridge: "br0" }],
    ["a tap of somebody's", card("<target dev='tap0' managed='no'/>", "ethernet", ""), { tap: "tap0" }],
    ["a user network of libvirt's", card("", "user", ""), { user: { forward: [] } }],
    [
        "passt with a range",
        card("<backend type='passt'/><portForward proto='tcp'><range start='2022' to='22'/></portForward>", "user", ""),
        { user: { forward: [{ protocol: "tcp", address: "0.0.0.0", host: 2022, guest: 22 }] } },
    ],
])("plugged into %s", (_, devices, attach) => {
    const { declared, notes } = readForImport(domain({ devices }));
    expect([declared.interfaces, notes.refused]).toEqual([[{ mac: "52:54:00:0a:00:01", attach }], []]);
});

const forward = (host: number, guest: number, more: object = {}) => ({
    protocol: "tcp",
    address: "0.0.0.0",
    host,
    guest,
    ...more,
});

test.each<[string, string[], object[], string[]]>([
    [
        "as people write it",
        [
            "-netdev",
            "user,id=n0,hostfwd=tcp::8080-:80,hostfwd=udp:127.0.0.1:53-10.0.2.15:5353",
            "-device",
            "virtio-net-pci,netdev=n0",
        ],
        [
            {
                mac: "52:54:00:12:34:56",
                attach: {
                    user: {
                        forward: [forward(8080, 80), forward(53, 5353, { protocol: "udp", address: "127.0.0.1" })],
                    },
                },
            },
        ],
        [],
    ],
    [
        "without a protocol",
        ["-netdev", "user,id=a,hostfwd=::1-:2", "-device", "virtio-net-pci,netdev=a,mac=52:54:00:00:00:AA,addr=0x10"],
        [{ mac: "52:54:00:00:00:aa", attach: { user: { forward: [forward(1, 2)] } } }],
        [],
    ],
    [
        "device before network, in the order of slots",
        [
            "-device",
            "virtio-net-pci,netdev=b,addr=9",
            "-device",
            "virtio-net-pci,netdev=a,addr=8.1",
            "-netdev",
            "user,id=a",
            "-netdev",
            "user,id=b",
        ],
        [
            { mac: "52:54:00:12:34:57", attach: { user: { forward: [] } } },
            { mac: "52:54:00:12:34:56", attach: { user: { forward: [] } } },
        ],
        [],
    ],
    [
        "with what cannot be declared",
        ["-netdev", "user,id=a,smb=/srv", "-device", "virtio-net-pci,netdev=a"],
        [],
        ["-netdev", "user,id=a,smb=/srv", "-device", "virtio-net-pci,netdev=a"],
    ],
    [
        "to another address",
        ["-netdev", "user,id=a,hostfwd=tcp::1-10.0.2.99:2", "-device", "virtio-net-pci,netdev=a"],
        [],
        ["-netdev", "user,id=a,hostfwd=tcp::1-10.0.2.99:2", "-device", "virtio-net-pci,netdev=a"],
    ],
    [
        "of another model",
        ["-netdev", "user,id=a", "-device", "e1000,netdev=a"],
        [],
        ["-netdev", "user,id=a", "-device", "e1000,netdev=a"],
    ],
    ["without its device", ["-netdev", "user,id=a"], [], ["-netdev", "user,id=a"]],
    ["nothing of it at all", ["-s", "-S", "-device"], [], ["-s", "-S", "-device"]],
])("a network on QEMU's command line %s", (_, values, interfaces, rest) => {
    expect(readForImport(domain({ inside: args(...values) })).declared).toMatchObject({ interfaces, qemuArgs: rest });
});

test("a debugger's port; the second is no longer ours to say", () => {
    expect(
        readForImport(domain({ inside: args("-gdb", "tcp::1234", "-gdb", "tcp:127.0.0.1:1") })).declared,
    ).toMatchObject({ gdb: { address: "0.0.0.0", port: 1234 }, qemuArgs: ["-gdb", "tcp:127.0.0.1:1"] });
});

test("disks and interfaces in the order in which the guest finds them", () => {
    const one = (file: string, place: string) =>
        `<disk type='file' device='disk'><driver type='qcow2'/><source file='${file}'/><target dev='vda' bus='virtio'/>${place}</disk>`;
    const devices = one("/last", at(2, 1)) + one("/first", at(4)) + one("/second", at(5));
    expect(readForImport(domain({ devices })).declared.blocks.map(({ path }) => path)).toEqual([
        "/first",
        "/second",
        "/last",
    ]);
});

test.each<[string, Record<string, string>, RegExp]>([
    [
        "a disk that is no file",
        { devices: "<disk type='block' device='disk'><source dev='/dev/sdb'/><target dev='vda' bus='virtio'/></disk>" },
        /^disk vda, which is no file \(block\)$/,
    ],
    ["a floppy", { devices: disk("", "type='file' device='floppy'") }, /^floppy vda$/],
    ["encryption", { devices: disk("<encryption format='luks'/>") }, /^encryption of disk vda$/],
    [
        "a chain of images",
        { devices: disk("<backingStore type='file'><format type='qcow2'/><source file='/base'/></backingStore>") },
        /needs another file/,
    ],
    ["vmdk", { devices: disk().replace("'raw'", "'vmdk'") }, /^disk vda of format vmdk$/],
    [
        "a packet filter",
        { devices: card("<filterref filter='clean-traffic'/>") },
        /^filterref of interface 52:54:00:0a:00:01$/,
    ],
    ["a cable that is out", { devices: card("<link state='down'/>") }, /^link of interface/],
    ["a port group", { devices: card("", "network", "network='ovs' portgroup='x'") }, /^port group x of/],
    ["macvtap", { devices: card("", "direct", "dev='eth0' mode='bridge'") }, /of type direct$/],
    [
        "a tap of libvirt's own",
        { devices: card("<target dev='vnet3'/>", "ethernet", "") },
        /whose device libvirt makes$/,
    ],
    ["a device of next year", { devices: "<timemachine/>" }, /^timemachine$/],
    ["an element of next year", { inside: "<destiny/>" }, /^destiny$/],
    [
        "QEMU's environment",
        { inside: "<qemu:commandline><qemu:env name='A' value='b'/></qemu:commandline>" },
        /^qemu:env$/,
    ],
    ["QEMU's overrides", { inside: "<qemu:override/>" }, /^qemu:override$/],
    ["memory protection", { inside: "<launchSecurity type='sev'/>" }, /^launchSecurity$/],
    [
        "another processor",
        { os: "<os><type arch='aarch64' machine='virt'>hvm</type><kernel>/k</kernel></os>" },
        /for aarch64/,
    ],
    ["firmware by name", { os: KERNEL.replace("<os>", "<os firmware='efi'>") }, /^firmware efi$/],
    ["a device tree", { os: KERNEL.replace("</os>", "<dtb>/d</dtb></os>") }, /^dtb in os$/],
    ["another hypervisor", { type: "hvf" }, /^a domain of type hvf$/],
    ["an end that we do not have", { inside: "<on_crash>explode</on_crash>" }, /^on_crash explode$/],
    ["no memory", { memory: "" }, /^memory of 0 KiB/],
])("%s is refused", (_, form, message) => {
    expect(readForImport(domain(form)).notes.refused).toEqual([expect.stringMatching(message)]);
});

test.each<[string, Record<string, string>, Record<string, string[]>]>([
    [
        "what libvirt adds to every definition",
        {
            devices:
                "<controller type='usb' model='piix3-uhci'/><controller type='pci' model='pci-root'/><input type='mouse' bus='ps2'/><input type='keyboard' bus='ps2'/><audio id='1' type='none'/><memballoon model='virtio'/>",
        },
        { dropped: ["USB controller", "balloon"], changed: [] },
    ],
    [
        "a desktop",
        {
            devices:
                "<graphics type='spice'/><graphics type='vnc'/><video/><sound model='ich9'/><input type='tablet' bus='usb'/><channel type='unix'/><watchdog model='itco'/><serial type='pty'/><serial type='tcp'/>",
        },
        {
            dropped: [
                "SPICE screen",
                "VNC screen",
                "video card",
                "sound card",
                "usb tablet",
                "channel",
                "watchdog",
                "further serial ports",
            ],
            changed: ["serial port: tcp → pty"],
        },
    ],
    [
        "an empty CD drive",
        { devices: "<disk type='file' device='cdrom'><target dev='hdc' bus='ide'/></disk>" },
        { dropped: ["empty cdrom"], changed: [] },
    ],
    [
        "tuning",
        {
            inside: "<cputune/><memoryBacking/><title>x</title>",
            devices: disk("<readonly/><iotune/>") + card("<bandwidth/>"),
        },
        {
            dropped: [
                "cputune",
                "memoryBacking",
                "title",
                "bandwidth of interface 52:54:00:0a:00:01",
                "iotune of disk vda",
            ],
            changed: [],
        },
    ],
    [
        "other words",
        {
            os: KERNEL.replace("pc-i440fx-7.2", "pc-q35-7.2"),
            inside: "<cpu mode='custom'><model>qemu64</model></cpu><clock offset='localtime'/><on_poweroff>preserve</on_poweroff><on_crash>coredump-restart</on_crash><vcpu current='1'>4</vcpu><currentMemory unit='KiB'>32768</currentMemory>",
        },
        {
            dropped: [],
            changed: [
                "machine: pc-q35-7.2 → pc",
                "clock: localtime → utc",
                "on_poweroff: preserve → destroy",
                "cpu: qemu64 → maximum",
                "memory: 32 of 64 MiB → 64 MiB",
                "processors: 1 of 4 → 4",
                "on_crash: coredump-restart → restart",
                "on_reboot: destroy → restart",
            ],
        },
    ],
])("%s is imported, and named", (_, form, notes) => {
    expect(readForImport(domain(form)).notes).toMatchObject({ refused: [], ...notes });
});

test.each<[string, string]>([
    ["no XML", "gone"],
    ["another document", "<network/>"],
    ["nothing", ""],
    ["one that was cut", domain().slice(0, 150)],
])("%s is no definition", (_, xml) => {
    expect(() => readForImport(xml)).toThrow(/where <domain> was expected/);
});

test("entities are never resolved, and a thousand problems are a line each", () => {
    const bomb = `<!DOCTYPE domain [<!ENTITY a "${"x".repeat(50)}"><!ENTITY b "&a;&a;&a;&a;">]>${domain({ inside: "<title>&b;</title>" })}`;
    const text = (() => {
        try {
            return JSON.stringify(readForImport(bomb).notes);
        } catch (error) {
            return String(error);
        }
    })();
    expect(text).not.toContain("xxxxxxxx");
    expect(readForImport(domain({ devices: "<timemachine/>".repeat(1000) })).notes.refused).toEqual(["timemachine"]);
});
