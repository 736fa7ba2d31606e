import {
    conflictsOf,
    isFree,
    isMade,
    isOwn,
    refusalOf,
    wantedOf,
} from "../../../backends/libvirt/lifecycle/network/conflicts";
import type { NetworkFacts } from "../../../backends/libvirt/model";

const MAC = "52:54:00:00:00:01";
const OTHER = "52:54:00:00:00:02";
const network = (...reservations: NetworkFacts["reservations"]): NetworkFacts => ({
    name: "lan",
    uuid: "u",
    bridge: "virbr0",
    forward: "nat",
    subnets: [],
    reservations,
    records: [],
});
const withRecords = (...records: NetworkFacts["records"]): NetworkFacts => ({
    ...network({ mac: OTHER, address: "10.0.0.9", name: "db" }),
    domain: "web.internal",
    records,
});
const record = (name: string, address = "10.0.0.2") => ({
    network: "lan",
    address,
    name,
    property: "interfaces[0].ipv4.name",
});
const wanted = (name?: string) => ({
    network: "lan",
    mac: MAC,
    address: "10.0.0.2",
    ...(name === undefined ? {} : { name }),
    property: "interfaces[0].ipv4.reserve",
});
const own = [{ network: "lan", mac: MAC, address: "10.0.0.2" }];

test.each<[string, NetworkFacts["reservations"][number], string | undefined, typeof own, string | undefined]>([
    ["the same entry", { mac: MAC.toUpperCase(), address: "10.0.0.2", name: "web" }, "web", own, undefined],
    ["ours, by another name", { mac: MAC, address: "10.0.0.2", name: "former" }, "web", own, "mac"],
    [
        "ours, with a name that is not declared any more",
        { mac: MAC, address: "10.0.0.2", name: "web" },
        undefined,
        own,
        "mac",
    ],
    ["an administrator's, with a name", { mac: MAC, address: "10.0.0.2", name: "theirs" }, undefined, [], undefined],
    ["an administrator's, by another name", { mac: MAC, address: "10.0.0.2", name: "theirs" }, "web", [], "mac"],
    ["another address of the interface", { mac: MAC, address: "10.0.0.3" }, "web", own, "mac"],
    ["another interface with the address", { mac: OTHER, address: "10.0.0.2" }, "web", own, "address"],
    ["another interface with the name", { mac: OTHER, address: "10.0.0.3", name: "web" }, "web", own, "name"],
    ["an entry without a MAC address, with the name", { address: "10.0.0.3", name: "web" }, "web", own, "name"],
    ["another interface with another name", { mac: OTHER, address: "10.0.0.3", name: "db" }, "web", own, undefined],
    [
        "another interface, and no name is declared",
        { mac: OTHER, address: "10.0.0.3", name: "db" },
        undefined,
        own,
        undefined,
    ],
])("an entry beside the declared one: %s", (_what, entry, name, recorded, by) => {
    const conflicts = conflictsOf(network(entry), wanted(name), recorded);
    expect(conflicts.map((one) => one.by)).toEqual(by === undefined ? [] : [by]);
});

test("an entry is made when its address, interface and name are as declared", () => {
    expect(isMade(network({ mac: MAC, address: "10.0.0.2", name: "web" }), wanted("web"), own)).toBe(true);
    expect(isMade(network({ mac: MAC, address: "10.0.0.2" }), wanted("web"), own)).toBe(false);
    expect(isMade(network(), wanted("web"), own)).toBe(false);
});

test("a name that another entry has is refused at the name", () => {
    const entry = { mac: OTHER, address: "10.0.0.3", name: "web" };
    const [conflict] = conflictsOf(network(entry), wanted("web"), own);
    const error = refusalOf(conflict!);
    expect([error.code, error.property]).toEqual(["in-use", "interfaces[0].ipv4.name"]);
    expect(error.message).toContain(
        "network lan has the name web for 10.0.0.3, by an entry that was not made for this guest",
    );
    expect(wantedOf(conflict!)).toMatchObject({ key: "dns lan web", property: "interfaces[0].ipv4.name" });
    expect(wantedOf(conflict!).says("db")).toBe("network lan has the name web for db");
});

const mine = [{ network: "lan", address: "10.0.0.2", name: "web" }];
test.each<[string, NetworkFacts["records"], ReturnType<typeof record>, typeof mine, string[]]>([
    ["the same record", [{ address: "10.0.0.2", names: ["web"] }], record("web"), mine, []],
    [
        "the same, with the domain and in capitals",
        [{ address: "10.0.0.2", names: ["WEB.web.internal"] }],
        record("web"),
        [],
        [],
    ],
    ["ours, by another name", [{ address: "10.0.0.2", names: ["web"] }], record("shop"), mine, ["own address"]],
    ["another's of this address", [{ address: "10.0.0.2", names: ["other"] }], record("shop"), mine, ["address"]],
    [
        "ours, to which another program has added a name",
        [{ address: "10.0.0.2", names: ["web", "alias"] }],
        record("shop"),
        mine,
        ["address"],
    ],
    ["another's of this name", [{ address: "10.0.0.3", names: ["shop"] }], record("shop"), mine, ["name"]],
    ["another's, in capitals", [{ address: "10.0.0.3", names: ["SHOP"] }], record("shop"), mine, ["name"]],
    [
        "another's, with the domain",
        [{ address: "10.0.0.3", names: ["shop.web.internal"] }],
        record("shop"),
        mine,
        ["name"],
    ],
    ["one of another domain", [{ address: "10.0.0.3", names: ["shop.other.internal"] }], record("shop"), mine, []],
    ["another's of this name by IPv6", [{ address: "fd00::3", names: ["shop"] }], record("shop"), mine, ["name"]],
    [
        "ours of this name by the other family",
        [{ address: "10.0.0.2", names: ["web"] }],
        record("web", "fd00::2"),
        mine,
        [],
    ],
    ["a reservation of this name", [], record("db"), mine, ["name"]],
    ["the reservation of this address and name", [], record("db", "10.0.0.9"), mine, []],
])("a record beside the declared one: %s", (_what, records, entry, own, expected) => {
    const conflicts = conflictsOf(withRecords(...records), entry, own);
    expect(conflicts.map((one) => `${isOwn(one, own) ? "own " : ""}${one.by}`)).toEqual(expected);
});

test("a reservation's name that a record has is refused", () => {
    const conflicts = conflictsOf(withRecords({ address: "10.0.0.3", names: ["web"] }), wanted("web"), own);
    expect(conflicts.map(refusalOf)).toMatchObject([{ code: "in-use", property: "interfaces[0].ipv4.name" }]);
});

test("an entry is restored only where nothing has its address and its name by now", () => {
    const former = { address: "10.0.0.2", names: ["web"] };
    const free = (...records: NetworkFacts["records"]): boolean => isFree(withRecords(...records), former);
    expect(free()).toBe(true);
    expect(free({ address: "fd00::2", names: ["web"] })).toBe(true);
    expect(free({ address: "10.0.0.2", names: ["other"] })).toBe(false);
    expect(free({ address: "10.0.0.3", names: ["WEB"] })).toBe(false);
    expect(isFree(withRecords(), { address: "10.0.0.3", names: ["db"] })).toBe(false);
});
