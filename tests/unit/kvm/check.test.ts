import { kvm } from "../../../backends/kvm";
import type { UnikernelSpec } from "../../../model";
import { block, capable, card, spec } from "./spec";

const network = card({ attach: { network: "default" } });
const many = <T>(count: number, one: T): T[] => Array<T>(count).fill(one);

test.each<[string, Partial<UnikernelSpec>]>([
    ["nothing", {}],
    ["a network of the system's", { interfaces: [network] }],
    [
        "a session with a user network, a bridge and a tap",
        {
            connection: "qemu:///session",
            interfaces: [card(), card({ attach: { bridge: "br0" } }), card({ attach: { tap: "tap0" } })],
        },
    ],
    ["a system called session", { connection: "qemu+ssh://session/system", interfaces: [network] }],
    ["a small user network", { interfaces: [card({ ipv4: { address: "10.0.0.2/29" } })] }],
    [
        "a small network of another kind",
        { interfaces: [card({ attach: { bridge: "br0" }, ipv4: { address: "10.0.0.2/30" } })] },
    ],
    ["all slots", { blocks: many(20, block()), interfaces: many(8, card()) }],
])("takes %s", (_name, change) => {
    expect(kvm.check(spec(change), capable)).toEqual([]);
});

test.each<[Partial<UnikernelSpec>, string, string]>([
    [{ connection: "qemu:///session", interfaces: [card(), network] }, "interfaces[1].attach.network", "session"],
    [
        { connection: "qemu+ssh://alice@host/session?keyfile=k", interfaces: [network] },
        "interfaces[0].attach.network",
        "session",
    ],
    [
        { interfaces: [card({ ipv4: { address: "10.0.0.2/30" } })] },
        "interfaces[0].ipv4.address",
        "/29 or shorter, not /30",
    ],
    [{ blocks: many(21, block()), interfaces: many(8, card()) }, "blocks", "28 PCI slots"],
    [{ interfaces: many(29, card()) }, "interfaces", "28 PCI slots"],
])("refuses %j", (change, property, reason) => {
    expect(kvm.check(spec(change), capable)).toEqual([{ property, reason: expect.stringContaining(reason) }]);
});

test("onCrash: restart, where the host learns of a crash", () => {
    const halting = { ...capable, ends: "halt", panicDevice: false } as const;
    expect(kvm.check(spec({ onCrash: "restart" }), halting)).toEqual([
        { property: "onCrash", reason: expect.stringMatching(/never learns that a rumprun guest crashed/) as string },
    ]);
    expect(kvm.check(spec({ onCrash: "preserve" }), halting)).toEqual([]);
    expect(kvm.check(spec({ onCrash: "restart" }), { ...halting, ends: "poweroff" })).toEqual([]);
    expect(kvm.check(spec({ onCrash: "restart" }), { ...halting, panicDevice: true })).toEqual([]);
});

test("refuses a guest that is not for it, naming both", () => {
    expect(kvm.check(spec(), { ...capable, platforms: ["xen"] })).toEqual([
        { property: "platform", reason: "a rumprun guest runs on xen, not on kvm" },
    ]);
});

test("where root is, the system; else the session", () => {
    expect(kvm.defaultConnection()).toBe(process.getuid?.() === 0 ? "qemu:///system" : "qemu:///session");
});

test.each([
    ["qemu:///system", "virsh -c qemu:///system console web-1a2b3c4"],
    [
        "qemu+ssh://a@h/system?keyfile=/k&no_verify=1",
        "virsh -c 'qemu+ssh://a@h/system?keyfile=/k&no_verify=1' console web-1a2b3c4",
    ],
])("the console of %s", (connection, command) => {
    expect(kvm.consoleCommand(spec({ connection }))).toBe(command);
});
