import type { DomainModel } from "../../../backends/libvirt/model";
import type { Choices } from "../../../backends/libvirt/platform";
import { createXen } from "../../../backends/xen";
import type { GuestCapabilities, GuestPlan, UnikernelSpec } from "../../../model";
import { plan as kvmPlan } from "../kvm/spec";
import { block, capable, card, dom0With, linux, spec } from "./spec";

const xen = createXen(() => dom0With());
const paths = { kernel: "/g/kernel", disks: ["/g/d0", "/g/d1", "/g/d2"], log: "/g/console.log" };
const choices: Choices = { accelerator: "xen", userNet: "qemu", disks: "qemu" };
const modelOf = (
    change: Partial<UnikernelSpec> = {},
    guest: GuestCapabilities = linux,
    boot: Partial<GuestPlan["boot"]> = {},
    more: Partial<Choices> = {},
): DomainModel => xen.model(kvmPlan(spec(change), guest, boot), paths, { ...choices, ...more });
const told = { xenstore: { key: "rumprun/cfg", value: "{}" } };

test("the least: PV, no log of libvirt's, no PCI", () => {
    expect(modelOf()).toEqual({
        type: "xen",
        osType: "linux",
        name: "web-1a2b3c4",
        uuid: "5d9d7b6e-8f0b-5c3e-9a54-3f1d5a6c2b01",
        memoryMib: 64,
        vcpus: 1,
        arch: "x86_64",
        machine: "xenpv",
        boot: { kernel: "/g/kernel" },
        onCrash: "destroy",
        onReboot: "destroy",
        disks: [],
        interfaces: [],
        panicDevice: false,
        qemuArgs: [],
    });
});

test.each<[string, Partial<UnikernelSpec>, GuestCapabilities, Partial<GuestPlan["boot"]>, Partial<DomainModel>]>([
    ["PVH where the kernel is that", {}, { ...linux, xen: "pvh" }, {}, { osType: "xenpvh", machine: "xenpvh" }],
    [
        "a command line",
        {},
        linux,
        { cmdline: "console=hvc0" },
        { boot: { kernel: "/g/kernel", cmdline: "console=hvc0" } },
    ],
    ["a balloon", { memory: 64, maxMemory: 256 }, linux, {}, { memoryMib: 64, maxMemoryMib: 256 }],
    ["vcpus", { vcpus: 3 }, linux, {}, { vcpus: 3 }],
    ["crash: preserve", { onCrash: "preserve" }, linux, {}, { onCrash: "preserve", onReboot: "destroy" }],
    ["crash: restart", { onCrash: "restart" }, linux, {}, { onCrash: "restart", onReboot: "restart" }],
    [
        "a guest that is told is never rebooted by the host",
        { onCrash: "restart" },
        capable,
        told,
        { onReboot: "destroy" },
    ],
    ["a panic device is QEMU's", {}, { ...linux, panicDevice: true }, {}, { panicDevice: false }],
])("%s", (_name, change, guest, boot, expected) => {
    expect(modelOf(change, guest, boot)).toMatchObject(expected);
});

test("an initrd", () => {
    expect(xen.model(kvmPlan(spec()), { ...paths, initrd: "/g/initrd" }, choices).boot).toEqual({
        kernel: "/g/kernel",
        initrd: "/g/initrd",
    });
});

const blocks = [block(), block({ access: "persist", format: "qcow2" }), block({ access: "scratch", format: "ext2" })];

test("disks in order, by QEMU; what is read only by a loop device, as QEMU plugs no such disk", () => {
    expect(modelOf({ blocks }).disks).toEqual([
        { path: "/g/d0", format: "raw", readonly: true, target: "xvda", bus: "xen", driver: "phy" },
        { path: "/g/d1", format: "qcow2", readonly: false, target: "xvdb", bus: "xen" },
        { path: "/g/d2", format: "raw", readonly: false, target: "xvdc", bus: "xen" },
    ]);
});

test("by loop devices where there is no QEMU; a qcow2 image is QEMU's all the same", () => {
    expect(modelOf({ blocks }, linux, {}, { disks: "loop" }).disks.map(({ driver }) => driver)).toEqual([
        "phy",
        undefined,
        "phy",
    ]);
});

test("the plan's order of devices decides the order of disks", () => {
    const devices = [{ block: 2 }, { block: 0 }, { block: 1 }];
    const plan = kvmPlan(spec({ blocks }), linux);
    const { disks } = xen.model({ ...plan, boot: { ...plan.boot, devices } }, paths, choices);
    expect(disks.map(({ path, target }) => [path, target])).toEqual([
        ["/g/d2", "xvda"],
        ["/g/d0", "xvdb"],
        ["/g/d1", "xvdc"],
    ]);
});

test("a guest that insists on writable disks gets them", () => {
    expect(modelOf({ blocks }, capable).disks.map(({ readonly }) => readonly)).toEqual([false, false, false]);
    expect(modelOf({ blocks }, { ...capable, writableDisks: ["kvm"] }).disks[0]?.readonly).toBe(true);
});

test("the twenty-seventh disk", () => {
    expect(
        modelOf({ blocks: Array(28).fill(block()) })
            .disks.map(({ target }) => target)
            .slice(24),
    ).toEqual(["xvdy", "xvdz", "xvdaa", "xvdab"]);
});

test("vifs in order, with their MACs; any other plug never comes so far", () => {
    expect(
        modelOf({ interfaces: [card({ mac: "00:16:3e:00:00:02" }), card({ attach: { network: "default" } })] })
            .interfaces,
    ).toEqual([
        { mac: "00:16:3e:00:00:02", source: { kind: "bridge", bridge: "xenbr0" } },
        { mac: "00:16:3e:00:00:01", source: { kind: "network", network: "default" } },
    ]);
    expect(() => modelOf({ interfaces: [card({ attach: { tap: "tap0" } })] })).toThrow(
        expect.objectContaining({ code: "internal", property: "interfaces[0].attach" }),
    );
});
