import { unsupportedIn } from "../../../backends/consequence";
import { createXen } from "../../../backends/xen";
import type { GuestCapabilities, UnikernelSpec } from "../../../model";
import { block, capable, card, dom0With, linux, spec } from "./spec";

const xen = createXen(() => dom0With());

test.each<[string, Partial<UnikernelSpec>, GuestCapabilities]>([
    ["nothing", {}, capable],
    ["a PVH kernel", {}, { ...linux, xen: "pvh" }],
    ["a bridge and a network", { interfaces: [card(), card({ attach: { network: "default" } })] }, capable],
    ["a guest that is told, by ssh", { connection: "xen+ssh://root@far/system?keyfile=k" }, capable],
    ["a guest that is told, by libssh", { connection: "xen+libssh2://far/system" }, capable],
    [
        "a guest that is told, by tcp with a way of its own",
        { connection: "xen+tcp://far/system", sshTarget: "root@far" },
        capable,
    ],
    ["a guest that is not told, by tcp and tls", { connection: "xen+tcp://far:16509/system" }, linux],
    ["one that is restarted by the host, and not told", { onCrash: "restart", autostart: true }, linux],
    ["preserve", { onCrash: "preserve" }, capable],
    ["a qcow2 image to write to", { blocks: [block({ format: "qcow2", access: "scratch" })] }, linux],
    ["a qcow2 image of a guest with copies of its own", { blocks: [block({ format: "qcow2" })] }, capable],
    ["a balloon", { memory: 64, maxMemory: 256 }, linux],
    ["a balloon that is full", { memory: 64, maxMemory: 64 }, linux],
])("takes %s", (_name, change, guest) => {
    expect(xen.check(spec(change), guest)).toEqual([]);
});

test.each<[Partial<UnikernelSpec>, GuestCapabilities, string, string]>([
    [{}, { ...capable, platforms: ["kvm", "iso"] }, "platform", "a rumprun guest runs on kvm and iso, not on xen"],
    [{}, { ...capable, xen: undefined }, "kernel", "neither Xen notes nor the older __xen_guest section"],
    [{}, { ...capable, xen: "pv32" }, "kernel", "32-bit PV"],
    [{ connection: "qemu:///system" }, capable, "connection", "it leads to qemu; platform xen needs xen:///system"],
    [{ connection: "xen:///session" }, capable, "connection", "no sessions"],
    [{ connection: "xen+tcp://far/system" }, capable, "connection", "xen+tcp does not reach: set sshTarget"],
    [{ connection: "xen+tls://far/system" }, capable, "connection", "xen+tls"],
    [{ connection: "xen://far/system" }, capable, "connection", "xen+tls"],
    [
        { interfaces: [card(), card({ attach: { user: { forward: [] } } })] },
        capable,
        "interfaces[1].attach.user",
        "no user-mode network; use attach: { bridge: … } or { network: … }",
    ],
    [{ interfaces: [card({ attach: { tap: "tap0" } })] }, capable, "interfaces[0].attach.tap", "its own device (vif)"],
    [{ onCrash: "restart" }, capable, "onCrash", "xenstore"],
    [{ autostart: true }, capable, "autostart", "pulumi up --refresh starts it"],
    [{ maxMemory: 128 }, capable, "maxMemory", "no balloon"],
    [{ blocks: [block(), block({ format: "qcow2" })] }, linux, "blocks[1].access", "qcow2 image read-only"],
    [{ memory: 128, maxMemory: 127 }, linux, "maxMemory", "127 MiB is less than memory, 128"],
])("refuses %j", (change, guest, property, reason) => {
    expect(xen.check(spec(change), guest)).toEqual([{ property, reason: expect.stringContaining(reason) }]);
});

test.each<[string, Partial<UnikernelSpec>, string[]]>([
    ["said to listen on every address, where dom0 is reached", { gdb: { port: 4711, address: "0.0.0.0" } }, []],
    ["on one address: gdbsx cannot", { gdb: { port: 4711, address: "127.0.0.1" } }, ["gdb.address"]],
    ["with libvirt alone", { gdb: { port: 4711, address: "0.0.0.0" }, connection: "xen+tcp://far/system" }, ["gdb"]],
    [
        "with libvirt and a way to dom0",
        { gdb: { port: 4711, address: "0.0.0.0" }, connection: "xen+tcp://far/system", sshTarget: "root@far" },
        [],
    ],
    ["in a guest that the host starts again", { gdb: { port: 4711, address: "0.0.0.0" }, onCrash: "restart" }, ["gdb"]],
])("gdb %s", (_what, change, refused) => {
    const problems = xen.check(spec(change), { ...capable, needsRuntimeConfig: [] });
    expect((problems as { property: string }[]).map(({ property }) => property)).toEqual(refused);
});

test("every problem at once", () => {
    const problems = xen.check(
        spec({
            connection: "xen+tcp://far/system",
            onCrash: "restart",
            autostart: true,
            interfaces: [card({ attach: { tap: "t" } })],
        }),
        { ...capable, xen: "pv32" },
    );
    expect((problems as { property: string }[]).map(({ property }) => property)).toEqual([
        "kernel",
        "onCrash",
        "autostart",
        "connection",
        "interfaces[0].attach.tap",
    ]);
});

test("the system's daemon is the default, and means nothing of QEMU's", () => {
    expect(xen.defaultConnection()).toBe("xen:///system");
    expect(Object.keys(unsupportedIn(xen.consequences))).toEqual(
        expect.arrayContaining(["accelerator", "qemuArgs", "output", "burn"]),
    );
    expect(xen.consoleCommand(spec({ connection: "xen+ssh://a@h/system?no_tty=1&keyfile=k" }))).toBe(
        "virsh -c 'xen+ssh://a@h/system?no_tty=1&keyfile=k' console web-1a2b3c4",
    );
});
