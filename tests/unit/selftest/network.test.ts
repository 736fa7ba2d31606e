import type { Host } from "../../../backends/libvirt";
import { UnikernelError } from "../../../model";
import { freeAddresses } from "../../../selftest/network";

interface Net {
    name: string;
    active?: boolean;
    ip: string;
    leases?: string[];
}

/** A host that has nothing but these networks. */
const hostOf = (...networks: Net[]): Host =>
    ({
        networks: {
            list: async () =>
                networks.map(({ name, active = true, ip }) => ({
                    name,
                    uuid: name,
                    active,
                    xml: `<network><name>${name}</name>${ip}</network>`,
                })),
            leases: async (name: string) =>
                (networks.find((one) => one.name === name)?.leases ?? []).map((address) => ({
                    mac: "",
                    address,
                    network: name,
                    expires: 0,
                })),
        },
    }) as unknown as Host;

const dhcp = (hosts = "", netmask = "255.255.255.248"): string =>
    `<ip address='10.1.2.1' netmask='${netmask}'><dhcp><range start='10.1.2.2' end='10.1.2.6'/>${hosts}</dhcp></ip>`;

test.each<[string, Net[], string[]]>([
    [
        "the highest come first; the host's own, the network's and the broadcast address are none",
        [{ name: "a", ip: dhcp() }],
        ["a 10.1.2.6", "a 10.1.2.5"],
    ],
    [
        "what is reserved or leased is taken",
        [{ name: "a", ip: dhcp("<host mac='52:54:00:00:00:01' ip='10.1.2.6'/>"), leases: ["10.1.2.4"] }],
        ["a 10.1.2.5", "a 10.1.2.3"],
    ],
    [
        "a network that is not started, one without DHCP and one of IPv6 give none",
        [
            { name: "a", active: false, ip: dhcp() },
            { name: "b", ip: "<ip address='10.1.2.1' prefix='29'/>" },
            { name: "c", ip: "<ip family='ipv6' address='fd00::1' prefix='64'><dhcp/></ip>" },
        ],
        [],
    ],
    [
        "one that has too few is passed over",
        [
            { name: "a", ip: dhcp(), leases: ["10.1.2.2", "10.1.2.3", "10.1.2.4", "10.1.2.5"] },
            { name: "b", ip: dhcp() },
        ],
        ["b 10.1.2.6", "b 10.1.2.5"],
    ],
    ["addresses go on beyond a byte", [{ name: "a", ip: dhcp("", "255.255.254.0") }], ["a 10.1.3.254", "a 10.1.3.253"]],
])("%s", async (_what, networks, expected) => {
    expect(
        (await freeAddresses(hostOf(...networks), 2)).map(({ network, address }) => `${network} ${address}`),
    ).toEqual(expected);
});

test("a driver without networks has none, and any other error is one", async () => {
    const failing = (error: Error): Host =>
        ({
            networks: {
                list: async () => {
                    throw error;
                },
            },
        }) as unknown as Host;
    expect(
        await freeAddresses(failing(new UnikernelError("unsupported", "this function is not supported")), 1),
    ).toEqual([]);
    await expect(freeAddresses(failing(new UnikernelError("unreachable", "gone")), 1)).rejects.toThrow("gone");
});
