import { kvm } from "../../../backends/kvm";
import type { InterfaceSpec } from "../../../model";
import { card, forward, spec } from "./spec";

const mac = "52:54:00:00:00:01";
const lease = (address: string, more: object = {}) => ({ mac, address, network: "default", expires: 10, ...more });
const network = { attach: { network: "default" } };

test.each<[string, InterfaceSpec, object[], string]>([
    ["a forward", card(), [], "127.0.0.1"],
    [
        "a forward on another address",
        card({ attach: { user: { forward: [{ ...forward, address: "127.0.0.9" }] } } }),
        [],
        "127.0.0.9",
    ],
    [
        "a forward on all addresses",
        card({ attach: { user: { forward: [{ ...forward, address: "0.0.0.0" }] } } }),
        [],
        "127.0.0.1",
    ],
    ["a user network without forward", card({ attach: { user: { forward: [] } } }), [], ""],
    ["static", card({ attach: { bridge: "br0" }, ipv4: { address: "10.0.0.2/24" } }), [], "10.0.0.2"],
    [
        "static IPv6 alone",
        card({ attach: { bridge: "br0" }, ipv4: undefined, ipv6: { address: "fd00::2/64" } }),
        [],
        "fd00::2",
    ],
    [
        "a reservation, before the lease is there",
        card({ ...network, ipv4: { reserve: "192.168.122.10" } }),
        [],
        "192.168.122.10",
    ],
    [
        "the lease rather than the reservation: the guest asked before the reservation was made",
        card({ ...network, ipv4: { reserve: "192.168.122.10" } }),
        [lease("192.168.122.50")],
        "192.168.122.50",
    ],
    [
        "a reservation rather than an IPv6 lease",
        card({ ...network, ipv4: { reserve: "192.168.122.10" } }),
        [lease("fd00::5")],
        "192.168.122.10",
    ],
    ["a lease", card(network), [lease("192.168.122.50")], "192.168.122.50"],
    [
        "a lease whose MAC libvirt wrote otherwise",
        card(network),
        [lease("192.168.122.50", { mac: mac.toUpperCase() })],
        "192.168.122.50",
    ],
    [
        "the newest of two leases",
        card(network),
        [lease("192.168.122.50"), lease("192.168.122.51", { expires: 20 })],
        "192.168.122.51",
    ],
    ["IPv4 before IPv6", card(network), [lease("fd00::5", { expires: 99 }), lease("192.168.122.50")], "192.168.122.50"],
    ["another guest's lease", card(network), [lease("192.168.122.50", { mac: "52:54:00:00:00:02" })], ""],
    ["a lease of another network", card(network), [lease("10.0.0.50", { network: "other" })], ""],
    ["DHCP on a bridge: who knows", card({ attach: { bridge: "br0" } }), [lease("192.168.122.50")], ""],
])("%s", (_name, one, leases, address) => {
    expect(kvm.ipAddresses(spec({ interfaces: [one] }), leases as Parameters<typeof kvm.ipAddresses>[1])).toEqual([
        address,
    ]);
});

test("one for each interface", () => {
    expect(
        kvm.ipAddresses(
            spec({
                interfaces: [card(), card(network), card({ attach: { tap: "t" }, ipv4: { address: "10.0.0.2/24" } })],
            }),
            [],
        ),
    ).toEqual(["127.0.0.1", "", "10.0.0.2"]);
});
