import { kvm } from "../../../backends/kvm";
import type { DomainModel } from "../../../backends/libvirt/model";
import type { GuestCapabilities, UnikernelSpec } from "../../../model";
import { block, card, forward, plan } from "./spec";

const paths = { kernel: "/g/kernel", disks: ["/g/d0", "/g/d1", "/g/d2"], log: "/g/console.log" };
const tcg = { accelerator: "tcg", userNet: "qemu" } as const;
const modelOf = (spec: Partial<UnikernelSpec> = {}, guest: Partial<GuestCapabilities> = {}): DomainModel =>
    kvm.model(plan(spec, guest), paths, tcg);

test("the least", () => {
    expect(modelOf()).toEqual({
        type: "qemu",
        osType: "hvm",
        name: "web-1a2b3c4",
        uuid: "5d9d7b6e-8f0b-5c3e-9a54-3f1d5a6c2b01",
        memoryMib: 64,
        vcpus: 1,
        arch: "x86_64",
        machine: "pc",
        cpu: "maximum",
        boot: { kernel: "/g/kernel" },
        onCrash: "destroy",
        onReboot: "destroy",
        disks: [],
        interfaces: [],
        console: { log: "/g/console.log", append: true },
        panicDevice: false,
        qemuArgs: [],
    });
});

test.each<[string, Partial<UnikernelSpec>, Partial<GuestCapabilities>, Partial<DomainModel>]>([
    ["memory and vcpus", { memory: 128, vcpus: 4 }, {}, { memoryMib: 128, vcpus: 4 }],
    ["crash: preserve", { onCrash: "preserve" }, {}, { onCrash: "preserve", onReboot: "destroy" }],
    [
        "crash: restart, also for those that reset",
        { onCrash: "restart" },
        {},
        { onCrash: "restart", onReboot: "restart" },
    ],
    ["a panic device", {}, { panicDevice: true }, { panicDevice: true }],
    ["q35", {}, { machine: "q35" }, { machine: "q35" }],
    ["gdb", { gdb: { port: 1234, address: "127.0.0.1" } }, {}, { gdb: { port: 1234, address: "127.0.0.1" } }],
    ["qemuArgs", { qemuArgs: ["-s"] }, {}, { qemuArgs: ["-s"] }],
])("%s", (_name, spec, guest, expected) => {
    expect(modelOf(spec, guest)).toMatchObject(expected);
});

test("KVM: the host's own processor", () => {
    expect(kvm.model(plan(), paths, { ...tcg, accelerator: "kvm" })).toMatchObject({
        type: "kvm",
        cpu: "host-passthrough",
    });
});

test("initrd and command line", () => {
    expect(kvm.model(plan({}, {}, { cmdline: "quiet" }), { ...paths, initrd: "/g/initrd" }, tcg).boot).toEqual({
        kernel: "/g/kernel",
        initrd: "/g/initrd",
        cmdline: "quiet",
    });
});

test.each(["/a b/initrd", "/a,b/initrd"])("an initrd that QEMU would take apart is refused: %s", (initrd) => {
    expect(() => kvm.model(plan(), { ...paths, initrd }, tcg)).toThrow(/PULUMI_UNIKERNEL_DIR/);
});

test("disks, then interfaces, in slot order; only what is read is shared read-only", () => {
    const { disks, interfaces } = modelOf({
        blocks: [block(), block({ access: "persist", format: "qcow2" }), block({ access: "scratch", format: "ext2" })],
        interfaces: [card(), card({ mac: "52:54:00:00:00:02" })],
    });
    expect(disks).toEqual([
        { path: "/g/d0", format: "raw", readonly: true, target: "vda", bus: "virtio", slot: 3 },
        { path: "/g/d1", format: "qcow2", readonly: false, target: "vdb", bus: "virtio", slot: 4 },
        { path: "/g/d2", format: "raw", readonly: false, target: "vdc", bus: "virtio", slot: 5 },
    ]);
    expect(interfaces.map(({ mac, slot, model }) => [mac, slot, model])).toEqual([
        ["52:54:00:00:00:01", 6, "virtio"],
        ["52:54:00:00:00:02", 7, "virtio"],
    ]);
});

test("the plan's order of devices decides slots and names", () => {
    const devices = [{ interface: 1 }, { block: 2 }, { interface: 0 }, { block: 0 }, { block: 1 }];
    const declared = plan({
        blocks: [block(), block(), block()],
        interfaces: [card(), card({ mac: "52:54:00:00:00:02" })],
    });
    const { disks, interfaces } = kvm.model({ ...declared, boot: { ...declared.boot, devices } }, paths, tcg);
    expect(disks.map(({ path, target, slot }) => [path, target, slot])).toEqual([
        ["/g/d2", "vda", 4],
        ["/g/d0", "vdb", 6],
        ["/g/d1", "vdc", 7],
    ]);
    expect(interfaces.map(({ mac, slot }) => [mac, slot])).toEqual([
        ["52:54:00:00:00:02", 3],
        ["52:54:00:00:00:01", 5],
    ]);
});

test("a guest that insists on writable disks gets them", () => {
    expect(modelOf({ blocks: [block()] }, { writableDisks: ["kvm"] }).disks[0]?.readonly).toBe(false);
    expect(modelOf({ blocks: [block()] }, { writableDisks: ["xen"] }).disks[0]?.readonly).toBe(true);
});

test("the twenty-seventh disk", () => {
    const targets = modelOf({ blocks: Array(28).fill(block()) }).disks.map((disk) => disk.target);
    expect(targets.slice(24)).toEqual(["vdy", "vdz", "vdaa", "vdab"]);
});

test.each([
    ["pc", "transitional", "virtio"],
    ["pc", "modern", "virtio"],
    ["q35", "modern", "virtio"],
    ["q35", "transitional", "virtio-transitional"],
] as const)("machine %s, %s drivers: %s", (machine, virtio, bus) => {
    const model = modelOf({ blocks: [block()], interfaces: [card()] }, { machine, virtio });
    expect([model.disks[0]?.bus, model.interfaces[0]?.model]).toEqual([bus, bus]);
});

test.each([
    [card({ attach: { network: "default" } }), { kind: "network", network: "default" }],
    [card({ attach: { bridge: "br0" } }), { kind: "bridge", bridge: "br0" }],
    [card({ attach: { tap: "tap0" } }), { kind: "tap", tap: "tap0" }],
    [card(), { kind: "user", backend: "qemu", forwards: [forward] }],
    [
        card({ ipv4: { address: "10.0.0.2/24", gateway: "10.0.0.1" } }),
        { subnet: { network: "10.0.0.0/24", gateway: "10.0.0.1", dns: "10.0.0.3", guest: "10.0.0.2" } },
    ],
    [
        card({ ipv4: { address: "10.0.0.3/24", gateway: "10.0.0.1" } }),
        { subnet: { network: "10.0.0.0/24", gateway: "10.0.0.1", dns: "10.0.0.2", guest: "10.0.0.3" } },
    ],
    [
        card({ ipv4: { address: "192.168.77.9/29", gateway: "192.168.77.14" } }),
        {
            subnet: {
                network: "192.168.77.8/29",
                gateway: "192.168.77.14",
                dns: "192.168.77.10",
                guest: "192.168.77.9",
            },
        },
    ],
    [
        card({ ipv4: { address: "10.0.0.1/24" } }),
        { subnet: { network: "10.0.0.0/24", gateway: "10.0.0.2", dns: "10.0.0.3", guest: "10.0.0.1" } },
    ],
    [
        card({ ipv4: { address: "172.31.255.1/12", gateway: "172.16.0.1" } }),
        { subnet: { network: "172.16.0.0/12", gateway: "172.16.0.1", dns: "172.16.0.2", guest: "172.31.255.1" } },
    ],
    [
        card({ ipv6: { address: "fd00:7::2/64", gateway: "fd00:7::1" } }),
        { subnet6: { network: "fd00:7::/64", gateway: "fd00:7::1" } },
    ],
    [card({ ipv6: { address: "FD00:7:0:ab12::2/56" } }), { subnet6: { network: "fd00:7:0:ab00::/56" } }],
    [card({ ipv6: { address: "fd00::1:2:3:4/128" } }), { subnet6: { network: "fd00::1:2:3:4/128" } }],
])("where %j is plugged", (one, source) => {
    expect(modelOf({ interfaces: [one] }).interfaces[0]?.source).toMatchObject(source);
});

test("passt where the host has it", () => {
    expect(
        kvm.model(plan({ interfaces: [card()] }), paths, { ...tcg, userNet: "passt" }).interfaces[0]?.source,
    ).toMatchObject({ kind: "user", backend: "passt" });
});
