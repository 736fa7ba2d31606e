import { claim, declares, forgetClaims } from "../../../core/unikernel/check/claims";
import type { InterfaceSpec } from "../../../model";
import { checked } from "./specs";

beforeEach(forgetClaims);

const reserved = (address: string, name?: string): InterfaceSpec[] => [
    { mac: "52:54:00:00:00:01", attach: { network: "lan" }, ipv4: { reserve: address, name } },
];
const forwarded = (host: number, address = "127.0.0.1"): InterfaceSpec[] => [
    { mac: "52:54:00:00:00:01", attach: { user: { forward: [{ host, guest: 80, address, protocol: "tcp" }] } } },
];

test("what a guest keeps and yields is known from its check in this run", () => {
    const spec = checked({ interfaces: reserved("10.0.0.2"), name: "web" });
    expect(declares(spec.uuid, "name web")).toBeUndefined();
    claim(spec);
    expect(
        [
            "name web",
            "name db",
            "address lan 10.0.0.2",
            "address lan 10.0.0.3",
            "address dmz 10.0.0.2",
            "mac 52:54:00:00:00:01",
        ].map((thing) => declares(spec.uuid, thing)),
    ).toEqual(["keeps", "yields", "keeps", "yields", "yields", "keeps"]);
    claim({ ...spec, interfaces: forwarded(8080, "0.0.0.0") });
    expect(
        [
            "tcp 127.0.0.1 8080",
            "tcp 0.0.0.0 8080",
            "udp 127.0.0.1 8080",
            "tcp 127.0.0.1 8081",
            "address lan 10.0.0.2",
        ].map((thing) => declares(spec.uuid, thing)),
    ).toEqual(["keeps", "keeps", "yields", "yields", "yields"]);
});

test("an address that two guests of a program reserve is refused, naming the other", () => {
    const spec = checked({ interfaces: reserved("10.0.0.2") });
    expect(claim(spec)).toEqual([]);
    const other = {
        ...spec,
        urn: `${spec.urn}2`,
        uuid: "2",
        name: "other",
        interfaces: [{ ...reserved("10.0.0.2")[0]!, mac: "52:54:00:00:00:02" }],
    };
    expect(claim(other)).toEqual([
        {
            property: "interfaces[0].ipv4.reserve",
            reason: expect.stringMatching(/^the address 10\.0\.0\.2 of network lan is already used by /) as string,
        },
    ]);
});

test("a name in the DNS of a network that two guests of a program declare is refused, and is free on another network", () => {
    const spec = checked({ interfaces: reserved("10.0.0.2", "web") });
    expect(claim(spec)).toEqual([]);
    const [card] = reserved("10.0.0.3", "web") as [InterfaceSpec];
    const other = {
        ...spec,
        urn: `${spec.urn}2`,
        uuid: "2",
        name: "other",
        interfaces: [{ ...card, mac: "52:54:00:00:00:02" }],
    };
    expect(claim(other)).toEqual([
        {
            property: "interfaces[0].ipv4.name",
            reason: expect.stringMatching(/^the name web of network lan is already used by /) as string,
        },
    ]);
    const [elsewhere] = other.interfaces as [InterfaceSpec];
    expect(claim({ ...other, interfaces: [{ ...elsewhere, attach: { network: "dmz" } }] })).toEqual([]);
});

test("an interface has one name for both of its addresses; another guest may have neither the name nor a named address", () => {
    const named = (mac: number, address: number, name?: string): InterfaceSpec => ({
        mac: `52:54:00:00:00:0${mac}`,
        attach: { network: "lan" },
        ipv4: { address: `10.0.0.${address}/24`, name },
        ipv6: { address: `fd00:0::${address}/64`, name },
    });
    const spec = checked({ interfaces: [named(1, 2, "web")] });
    const other = (its: InterfaceSpec) => ({
        ...spec,
        urn: `${spec.urn}2`,
        uuid: "2",
        name: "other",
        interfaces: [its],
    });
    expect(claim(spec)).toEqual([]);
    expect(declares(spec.uuid, "address lan fd00::2")).toBe("keeps");
    const properties = (its: InterfaceSpec) => claim(other(its)).map(({ property }) => property);
    expect(properties(named(2, 3, "web"))).toEqual(["interfaces[0].ipv4.name"]);
    expect(properties(named(2, 2, "db"))).toEqual(["interfaces[0].ipv4.address", "interfaces[0].ipv6.address"]);
    expect(properties(named(2, 3, "db"))).toEqual([]);
    forgetClaims();
    const twice = claim({ ...spec, interfaces: [named(1, 2, "web"), named(2, 3, "web")] });
    expect(twice.map(({ property, reason }) => `${property}: ${reason}`)).toEqual([
        "interfaces[1].ipv4.name: the name web of network lan is already interfaces[0].ipv4.name of this unikernel",
    ]);
});

test("a claim is compared with those of the same thing alone, in a fleet of any size", () => {
    const spec = checked({ interfaces: forwarded(8080) });
    const guest = (index: number): typeof spec => ({
        ...spec,
        urn: `${spec.urn}${index}`,
        uuid: `uuid-${index}`,
        name: `web-${index}`,
        interfaces: [{ ...forwarded(10_000 + index)[0]!, mac: `52:54:00:00:00:${index}` }],
    });
    const replace = jest.spyOn(String.prototype, "replace");
    const costs = [100, 1000].map((size) => {
        forgetClaims();
        for (let index = 0; index < size; index++) expect(claim(guest(index))).toEqual([]);
        replace.mockClear();
        claim(guest(0));
        return replace.mock.calls.length;
    });
    replace.mockRestore();
    expect(costs[1]).toBe(costs[0]);
});

test("a guest that is checked again gives up what it no longer declares", () => {
    const spec = checked({ interfaces: forwarded(8080) });
    const other = {
        ...spec,
        urn: `${spec.urn}2`,
        uuid: "2",
        name: "other",
        interfaces: [{ ...forwarded(8080, "0.0.0.0")[0]!, mac: "52:54:00:00:00:02" }],
    };
    claim(spec);
    expect(claim(other)).toMatchObject([{ property: "interfaces[0].attach.user.forward[0].host" }]);
    claim({ ...spec, interfaces: forwarded(8081) });
    expect(claim(other)).toEqual([]);
    expect(declares(spec.uuid, "tcp 127.0.0.1 8080")).toBe("yields");
});
