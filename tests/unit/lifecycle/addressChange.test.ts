import type { LeaseRecord } from "../../../backends/libvirt/host";
import { decide, type Findings } from "../../../backends/libvirt/lifecycle/apply/decide";
import {
    consequenceOfAddress,
    missingAddresses,
    otherAddresses,
} from "../../../backends/libvirt/lifecycle/network/addressChange";
import type { DomainFacts, Mark } from "../../../backends/libvirt/model";
import type { InterfaceSpec, UnikernelSpec } from "../../../model";
import { specOf } from "./spec";

const mac = "52:54:00:00:00:01";
const other = "52:54:00:00:00:02";
const nic = (ipv4: InterfaceSpec["ipv4"], network = "lan", its = mac): InterfaceSpec => ({
    mac: its,
    attach: { network },
    ipv4,
});
const at = (...interfaces: InterfaceSpec[]): UnikernelSpec => specOf({ interfaces });
const reserve = (last: number): { reserve: string } => ({ reserve: `10.0.0.${last}` });
const lease = (last: number, expires = 1, its = mac, network = "lan"): LeaseRecord => ({
    mac: its,
    address: `10.0.0.${last}`,
    network,
    expires,
});
const mark = (phase: Mark["phase"], ...lasts: number[]): Mark => ({
    schemaVersion: 2,
    urn: "urn",
    creator: { user: "", machine: "", project: "" },
    bootDigest: "same",
    phase,
    since: "",
    reservations: lasts.map((last) => ({ network: "lan", mac, address: `10.0.0.${last}` })),
});

test.each<[string, UnikernelSpec, UnikernelSpec | undefined, LeaseRecord[], string[]]>([
    ["an address by DHCP that is reserved", at(nic(reserve(20))), at(nic("dhcp")), [lease(150)], ["10.0.0.20"]],
    ["the address that the guest has", at(nic(reserve(150))), at(nic("dhcp")), [lease(150)], []],
    ["another address", at(nic(reserve(21))), at(nic(reserve(20))), [lease(20)], ["10.0.0.21"]],
    ["the address of an older lease", at(nic(reserve(20))), at(nic("dhcp")), [lease(20), lease(21, 9)], ["10.0.0.20"]],
    ["another address, without a lease", at(nic(reserve(21))), at(nic(reserve(20))), [], ["10.0.0.21"]],
    // The earlier release recorded the declared address without giving it to the guest.
    [
        "an unchanged reservation that the guest does not have",
        at(nic(reserve(20))),
        at(nic(reserve(20))),
        [lease(9)],
        [],
    ],
    ["a reservation that is removed", at(nic("dhcp")), at(nic(reserve(20))), [lease(20)], []],
    ["a static address", at(nic({ address: "10.0.0.9/24" })), at(nic(reserve(20))), [], []],
    ["the same address on another network", at(nic(reserve(20), "dmz")), at(nic(reserve(20))), [lease(20)], []],
    ["another address on another network", at(nic(reserve(21), "dmz")), at(nic(reserve(20))), [lease(20)], []],
    ["a reservation of another MAC", at(nic(reserve(20), "lan", other)), at(nic(reserve(20))), [], ["10.0.0.20"]],
    [
        "one of two interfaces",
        at(nic(reserve(20)), nic(reserve(31), "lan", other)),
        at(nic(reserve(20)), nic(reserve(30), "lan", other)),
        [lease(20), lease(30, 1, other)],
        ["10.0.0.31"],
    ],
])("addresses that a running guest lacks: %s", (_title, spec, former, leases, expected) => {
    expect(missingAddresses(spec, former, { files: [] }, leases)).toEqual(expected);
});

test("a guest that an interrupted update has started already is not started again", () => {
    const begun = { files: [], mark: mark("updating", 20, 21), liveMark: mark("updating", 20, 21) };
    const former = at(nic(reserve(20)));
    expect(missingAddresses(at(nic(reserve(21))), former, begun, [lease(20)])).toEqual([]);
    // It was killed before the start: what runs has its former mark.
    const before = { ...begun, liveMark: mark("ready", 20) };
    expect(missingAddresses(at(nic(reserve(21))), former, before, [lease(20)])).toEqual(["10.0.0.21"]);
});

const facts = { name: "web", interfaces: [], forwards: [], disks: [], qemuArgs: [] } as unknown as DomainFacts;
function running(missing: string[], active = true): Findings {
    const state = active ? "running" : "shutoff";
    const record = { uuid: "u", name: "web", reason: 0, autostart: false, persistent: true, inactiveXml: "<good/>" };
    return {
        record: { ...record, state, active },
        facts,
        mark: mark("ready", 20),
        ...(active ? { liveFacts: facts, liveMark: mark("ready", 20) } : {}),
        files: [],
        kernelReplaced: false,
        ended: false,
        missingAddresses: missing,
    };
}
const wanted = (state: "running" | "stopped" | "paused") => ({ facts, bootDigest: "same", state });

test("a guest that lacks an address boots again, and can be rolled back", () => {
    expect(decide(running(["10.0.0.21"]), wanted("running"))).toMatchObject({
        define: true,
        stop: true,
        start: true,
        prove: true,
        lastGood: "<good/>",
    });
    expect(decide(running([]), wanted("running"))).toMatchObject({ define: false, stop: false, start: false });
});

test.each(["running", "stopped"] as const)("a guest that is off needs no other boot than a wanted one: %s", (state) => {
    expect(decide(running(["10.0.0.21"], false), wanted(state))).toMatchObject({
        define: false,
        stop: false,
        start: state === "running",
    });
});

test("saved memory has the former address: it is discarded", () => {
    const off = running(["10.0.0.21"], false);
    const saved = { ...off, record: { ...off.record!, saved: true } };
    expect(decide(saved, wanted("running"))).toMatchObject({ start: true, resume: false, discard: true });
});

describe("a preview", () => {
    const property = "interfaces[0].ipv4";
    const told = async (
        from: unknown,
        to: InterfaceSpec["ipv4"],
        guest: Partial<UnikernelSpec>,
        leases: LeaseRecord[],
    ) => {
        const declared = specOf({ ...guest, interfaces: [nic(to)] });
        return consequenceOfAddress(declared, { property, from, to }, [nic("dhcp")], async () => leases);
    };

    test.each<[string, unknown, InterfaceSpec["ipv4"], Partial<UnikernelSpec>, object | undefined]>([
        [
            "rumprun",
            "dhcp",
            reserve(20),
            {},
            { consequence: "restart", note: /dhcp → 10\.0\.0\.20: .* only when it boots/ },
        ],
        [
            "another address",
            reserve(19),
            reserve(20),
            {},
            { consequence: "restart", note: /10\.0\.0\.19 → 10\.0\.0\.20/ },
        ],
        [
            "linux",
            "dhcp",
            reserve(20),
            { guest: "linux" },
            { consequence: "restart", note: /when it renews its lease/ },
        ],
        ["raw", "dhcp", reserve(20), { guest: "raw" }, { consequence: "restart", note: /is not known/ }],
        [
            "a kernel that asks by itself",
            "dhcp",
            reserve(20),
            { guest: "raw", args: ["console=ttyS0", "ip=:::::eth0:dhcp"] },
            { consequence: "restart", note: /only when it boots/ },
        ],
        [
            "the address that the guest has",
            "dhcp",
            reserve(150),
            {},
            { consequence: "live", note: /has 10\.0\.0\.150 already/ },
        ],
        ["a removed reservation", reserve(20), "dhcp", {}, { consequence: "live", note: /keeps its address/ }],
        ["a static address", reserve(20), { address: "10.0.0.9/24" }, {}, undefined],
        ["from a static address", { address: "10.0.0.9/24" }, reserve(20), {}, undefined],
    ])("tells what a changed reservation is, and why: %s", async (_title, from, to, guest, expected) => {
        const found = await told(from, to, guest, [lease(150)]);
        if (!expected) return expect(found).toBeUndefined();
        const { consequence, note } = expected as { consequence: string; note: RegExp };
        expect(found).toEqual({ consequence, note: expect.stringMatching(note) as string });
        expect(found?.note).toMatch(/^interfaces\[0\]\.ipv4 \(/);
    });

    test("leaves an interface that moves to another network to the table", async () => {
        const declared = at(nic(reserve(20), "dmz"));
        for (const from of ["dhcp", reserve(19)])
            expect(
                await consequenceOfAddress(
                    declared,
                    { property, from, to: reserve(20) },
                    [nic("dhcp")],
                    async () => [],
                ),
            ).toBeUndefined();
    });

    test("does without leases that cannot be read", async () => {
        const declared = at(nic(reserve(20)));
        const read = (): Promise<LeaseRecord[]> => Promise.reject(new Error("unreachable"));
        const found = await consequenceOfAddress(declared, { property, from: "dhcp", to: reserve(20) }, [], read);
        expect(found?.consequence).toBe("restart");
    });
});

test("an interface with another address than the reserved one is named", () => {
    const spec = at(nic(reserve(20)), nic("dhcp", "lan", other), nic(reserve(21)));
    expect(otherAddresses(spec, ["10.0.0.150", "10.0.0.151", "10.0.0.21"])).toEqual([
        expect.stringMatching(/^interfaces\[0\] has 10\.0\.0\.150, not the reserved 10\.0\.0\.20/),
    ]);
    expect(otherAddresses(spec, ["", "", ""])).toEqual([]);
});

test.each<[string, string, unknown, unknown, RegExp | undefined]>([
    [
        "a name of an address of its own",
        "ipv4",
        { address: "10.0.0.9/24" },
        { address: "10.0.0.9/24", name: "web" },
        /DNS/,
    ],
    [
        "another name of an IPv6 address",
        "ipv6",
        { address: "fd00::9/64", name: "a" },
        { address: "fd00::9/64", name: "b" },
        /DNS/,
    ],
    [
        "another address with the name",
        "ipv4",
        { address: "10.0.0.9/24", name: "a" },
        { address: "10.0.0.8/24", name: "a" },
        undefined,
    ],
    ["a first IPv6 address", "ipv6", undefined, { address: "fd00::9/64", name: "a" }, undefined],
    ["a name that was removed on the host", "ipv4.name", "edited on the host", undefined, /removed from the network/],
    ["a reservation that was removed", "ipv4.reserve", "edited on the host", undefined, /removed from the network/],
])("without interrupting the guest: %s", async (_what, part, from, to, note) => {
    const change = { property: `interfaces[0].${part}`, from, to };
    const found = await consequenceOfAddress(at(nic("dhcp")), change, [], async () => []);
    expect(found?.consequence).toBe(note === undefined ? undefined : "live");
    if (note) expect(found?.note).toMatch(note);
});
