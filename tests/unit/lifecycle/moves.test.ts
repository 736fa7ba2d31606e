import type { Host } from "../../../backends/libvirt/host";
import { consequenceOfMove, unbridgedNetworks } from "../../../backends/libvirt/lifecycle/apply/moves";
import type { SeenNetwork } from "../../../backends/libvirt/lifecycle/network/networks";
import type { DomainFacts } from "../../../backends/libvirt/model";
import { xenConsequences } from "../../../backends/xen/consequences";

const XML: Record<string, string> = {
    nat: "<network><name>nat</name><forward mode='nat'/><bridge name='virbr0'/></network>",
    isolated: "<network><name>isolated</name><bridge name='virbr1'/></network>",
    bridged: "<network><name>bridged</name><forward mode='bridge'/><bridge name='br0'/></network>",
    macvtap: "<network><name>macvtap</name><forward mode='bridge'><interface dev='eth0'/></forward></network>",
    passthrough:
        "<network><name>passthrough</name><forward mode='passthrough'><interface dev='eth1'/></forward></network>",
    hostdev: "<network><name>hostdev</name><forward mode='hostdev'><pf dev='eth2'/></forward></network>",
};
const seen = (name: string): Promise<SeenNetwork> =>
    Promise.resolve(
        name in XML
            ? {
                  name,
                  uuid: "",
                  bridge: /bridge name='(\w+)'/.exec(XML[name]!)?.[1],
                  subnets: [],
                  reservations: [],
                  records: [],
                  active: true,
              }
            : name === "far"
              ? "unknown"
              : undefined,
    );

test.each([
    [{ network: "nat" }, { network: "isolated" }, "live"],
    [{ network: "nat" }, { network: "bridged" }, "live"],
    [{ bridge: "br0" }, { network: "bridged" }, "live"],
    [{ bridge: "br0" }, { bridge: "br1" }, "live"],
    [{ network: "nat" }, { network: "macvtap" }, "restart"],
    [{ network: "macvtap" }, { network: "nat" }, "restart"],
    [{ network: "macvtap" }, { network: "passthrough" }, "restart"],
    [{ network: "hostdev" }, { bridge: "br0" }, "restart"],
    [{ network: "nat" }, { network: "not there yet" }, "restart"],
    [{ network: "far" }, { network: "nat" }, "restart"],
])("an interface from %j to %j: %s", async (from, to, consequence) => {
    expect(await consequenceOfMove(seen, from, to)).toBe(consequence);
});

test("of Xen's interfaces none moves, so no network is asked for", () => {
    expect(xenConsequences.interfaces).toMatchObject({ consequence: "restart" });
    expect(Object.keys(xenConsequences).filter((property) => property.startsWith("interfaces["))).toEqual([]);
});

describe("at the update", () => {
    const asked: string[] = [];
    const host = (): Host =>
        ({
            networks: {
                get: (name: string) => {
                    asked.push(name);
                    return Promise.resolve(name in XML ? { name, uuid: "", active: true, xml: XML[name]! } : undefined);
                },
            },
        }) as unknown as Host;
    const on = (...networks: string[]): DomainFacts =>
        ({
            interfaces: networks.map((source, index) => ({ mac: `m${index}`, kind: "network", source })),
        }) as unknown as DomainFacts;
    beforeEach(() => {
        asked.length = 0;
    });

    test("nothing is asked while no interface changes", async () => {
        expect(await unbridgedNetworks(host(), on("macvtap", "nat"), on("macvtap", "nat"))).toEqual([]);
        expect(await unbridgedNetworks(host(), undefined, on("macvtap"))).toEqual([]);
        expect(asked).toEqual([]);
    });

    test("each network once, however many guests move", async () => {
        const one = host();
        expect(await unbridgedNetworks(one, on("nat", "nat"), on("macvtap", "bridged"))).toEqual(["macvtap"]);
        expect(await unbridgedNetworks(one, on("macvtap"), on("nat"))).toEqual(["macvtap"]);
        expect(asked).toEqual(["nat", "macvtap", "bridged"]);
    });

    test("a network that the host does not have is no reason to stop the guest", async () => {
        expect(await unbridgedNetworks(host(), on("nat"), on("gone"))).toEqual([]);
    });
});
