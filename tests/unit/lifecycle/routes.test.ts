import type { Host, HostChannels, HostInfo, LeaseRecord } from "../../../backends/libvirt/host";
import { probingOf } from "../../../backends/libvirt/lifecycle/readiness/probing";
import { fromHere } from "../../../backends/libvirt/lifecycle/readiness/reach";
import { remoteProbeProblems, routeProblems, routesTo } from "../../../backends/libvirt/lifecycle/readiness/routes";
import type { InterfaceSpec } from "../../../model";
import { specOf } from "./spec";

const mac = "52:54:00:00:00:01";
const forward = { host: 8080, guest: 80, address: "127.0.0.1", protocol: "tcp" as const };
const user = (change: Partial<typeof forward> | { protocol: "udp" } = {}): InterfaceSpec => ({
    mac,
    attach: { user: { forward: [{ ...forward, ...change }] } },
});
const plug = (more: Partial<InterfaceSpec>): InterfaceSpec => ({ mac, attach: { network: "lan" }, ...more });

/** What is asked of a host to find a way: its name and its leases. */
function hostWith(leases: LeaseRecord[] = [], local = true): [Host, HostInfo] {
    const host = {
        uri: local ? "qemu:///system" : "qemu+ssh://alice@far.example/system",
        networks: { leases: async () => leases },
    };
    return [host as unknown as Host, { local } as HostInfo];
}
const lease = (address: string, other = mac, expires = 1): LeaseRecord => ({
    mac: other,
    address,
    network: "lan",
    expires,
});

test.each<[string, InterfaceSpec[], [Host, HostInfo], object[] | undefined]>([
    ["a forward", [user()], hostWith(), [{ address: "127.0.0.1", port: 8080, forwarded: true }]],
    [
        "a forward on all addresses",
        [user({ address: "0.0.0.0" })],
        hostWith(),
        [{ address: "127.0.0.1", port: 8080, forwarded: true }],
    ],
    ["a forward of another port", [user({ guest: 81 })], hostWith(), undefined],
    ["a forward of UDP", [user({ protocol: "udp" })], hostWith(), undefined],
    ["a forward of another machine's loopback", [user()], hostWith([], false), undefined],
    [
        "a forward of all of another machine's addresses",
        [user({ address: "0.0.0.0" })],
        hostWith([], false),
        [{ address: "far.example", port: 8080, forwarded: true }],
    ],
    [
        "a static address",
        [plug({ ipv4: { address: "10.0.0.2/24" } })],
        hostWith(),
        [{ address: "10.0.0.2", port: 80, forwarded: false }],
    ],
    [
        "a reservation",
        [plug({ ipv4: { reserve: "10.0.0.3" } })],
        hostWith(),
        [{ address: "10.0.0.3", port: 80, forwarded: false }],
    ],
    [
        "a reservation that the guest does not have yet, and the address that it has",
        [plug({ ipv4: { reserve: "10.0.0.3" } })],
        hostWith([lease("10.0.0.9")]),
        [
            { address: "10.0.0.3", port: 80, forwarded: false },
            { address: "10.0.0.9", port: 80, forwarded: false },
        ],
    ],
    [
        "a reservation that the guest has",
        [plug({ ipv4: { reserve: "10.0.0.3" } })],
        hostWith([lease("10.0.0.3")]),
        [{ address: "10.0.0.3", port: 80, forwarded: false }],
    ],
    [
        "a static IPv6 address beside a lease",
        [plug({ ipv4: "dhcp", ipv6: { address: "fd00::2/64" } })],
        hostWith([lease("10.0.0.4")]),
        [
            { address: "fd00::2", port: 80, forwarded: false },
            { address: "10.0.0.4", port: 80, forwarded: false },
        ],
    ],
    [
        "static addresses of both families, on two interfaces",
        [
            plug({ attach: { bridge: "br0" }, ipv4: { address: "10.0.0.2/24" }, ipv6: { address: "fd00::2/64" } }),
            plug({ attach: { tap: "tap0" }, ipv4: { address: "10.1.0.2/24" } }),
        ],
        hostWith(),
        ["10.0.0.2", "fd00::2", "10.1.0.2"].map((address) => ({ address, port: 80, forwarded: false })),
    ],
    [
        "the newer of two leases: the guest names itself otherwise since an update",
        [plug({ ipv4: "dhcp" })],
        hostWith([lease("10.0.0.4"), lease("10.0.0.5", mac, 9), lease("10.0.0.6", mac, 5)]),
        [{ address: "10.0.0.5", port: 80, forwarded: false }],
    ],
    [
        "a lease without an end",
        [plug({ ipv4: "dhcp" })],
        hostWith([lease("10.0.0.4", mac, 0), lease("10.0.0.5", mac, 9)]),
        [{ address: "10.0.0.4", port: 80, forwarded: false }],
    ],
    [
        "a static IPv6 address",
        [plug({ ipv6: { address: "fd00::2/64" } })],
        hostWith(),
        [{ address: "fd00::2", port: 80, forwarded: false }],
    ],
    [
        "a lease",
        [plug({ ipv4: "dhcp" })],
        hostWith([lease("fd00::4"), lease("10.0.0.9", "52:54:00:00:00:02"), lease("10.0.0.4")]),
        [
            { address: "10.0.0.4", port: 80, forwarded: false },
            { address: "fd00::4", port: 80, forwarded: false },
        ],
    ],
    [
        "the forward, and the lease",
        [plug({ ipv4: "dhcp" }), user()],
        hostWith([lease("10.0.0.4")]),
        [
            { address: "127.0.0.1", port: 8080, forwarded: true },
            { address: "10.0.0.4", port: 80, forwarded: false },
        ],
    ],
    [
        "the forward alone on another machine",
        [plug({ ipv4: "dhcp" }), user({ address: "0.0.0.0" })],
        hostWith([lease("10.0.0.4")], false),
        [{ address: "far.example", port: 8080, forwarded: true }],
    ],
    ["DHCP on a bridge", [plug({ attach: { bridge: "br0" }, ipv4: "dhcp" })], hostWith(), undefined],
    ["nothing", [], hostWith(), undefined],
])("%s", async (_what, interfaces, [host, info], expected) => {
    expect(await routesTo(specOf({ interfaces }), 80, host, info.local)?.()).toEqual(expected);
});

test("a lease that is not there yet", async () => {
    const [host, info] = hostWith([]);
    expect(await routesTo(specOf({ interfaces: [plug({})] }), 80, host, info.local)!()).toEqual([]);
});

test("leases that cannot be read are an error only where no other address is known", async () => {
    const [host, info] = hostWith();
    host.networks.leases = () => Promise.reject(new Error("no leases"));
    const find = (...interfaces: InterfaceSpec[]) => routesTo(specOf({ interfaces }), 80, host, info.local)!();
    await expect(find(plug({}))).rejects.toThrow("no leases");
    expect(await find(plug({}), user())).toEqual([{ address: "127.0.0.1", port: 8080, forwarded: true }]);
});

test("guests that wait on the same network share one list of its leases", async () => {
    const [host, info] = hostWith();
    let calls = 0;
    host.networks.leases = async () => {
        calls++;
        return [lease("10.0.0.4")];
    };
    const find = routesTo(specOf({ interfaces: [plug({})] }), 80, host, info.local)!;
    await Promise.all(Array.from({ length: 100 }, find));
    expect(calls).toBe(1);
});

test.each<[string, InterfaceSpec[], RegExp]>([
    ["with a user network", [user({ guest: 81 })], /interfaces\[0\]\.attach\.user\.forward/],
    ["without", [], /readiness\.console/],
])("no way at all is refused, with what to do, %s", async (_what, interfaces, hint) => {
    const [host, info] = hostWith();
    const spec = specOf({ interfaces, readiness: { tcp: { port: 80 }, timeout: 1 } });
    await expect(probingOf({ spec, host, info })).rejects.toMatchObject({
        code: "invalid",
        property: "readiness",
        hint: expect.stringMatching(hint) as string,
    });
    const console = { console: "up", timeout: 1 };
    expect(await probingOf({ spec: { ...spec, readiness: console }, host, info })).toBeUndefined();
});

const http = { http: { port: 80, path: "/" }, timeout: 1 };

test.each<[string, InterfaceSpec[], boolean]>([
    ["a bridge with DHCP", [plug({ attach: { bridge: "br0" }, ipv4: "dhcp" })], false],
    ["a tap device with DHCP", [plug({ attach: { tap: "tap0" }, ipv4: "dhcp" })], false],
    ["a tap device with a static address", [plug({ attach: { tap: "tap0" }, ipv4: { address: "10.0.0.2/24" } })], true],
    ["a network with DHCP", [plug({ ipv4: "dhcp" })], true],
    ["a user network without the forward", [user({ guest: 81 })], false],
    ["no interface", [], false],
])("a preview tells whether a way can lead to the guest: %s", (_what, interfaces, possible) => {
    const found = [http, { tcp: { port: 80 }, timeout: 1 }].map((readiness) =>
        routeProblems(specOf({ interfaces, readiness })),
    );
    for (const problems of found)
        expect(problems).toEqual(
            possible ? [] : [{ property: "readiness", reason: expect.stringContaining("cannot be reached") as string }],
        );
    expect(routeProblems(specOf({ interfaces, readiness: { console: "up", timeout: 1 } }))).toEqual([]);
});

const BY_SSH = "qemu+ssh://alice@192.0.2.7/system";
const FAR = "qemu+tls://192.0.2.7/system";

test.each<[string, string, InterfaceSpec[], boolean]>([
    ["a lease", FAR, [plug({ ipv4: "dhcp" })], false],
    ["a static address", FAR, [plug({ ipv4: { address: "10.0.0.2/24" } })], false],
    ["a reservation", FAR, [plug({ ipv4: { reserve: "10.0.0.2" } })], false],
    [
        "an address of a bridge, over xen+tcp",
        "xen+tcp://192.0.2.7/system",
        [plug({ attach: { bridge: "br0" }, ipv4: { address: "10.0.0.2/24" } })],
        false,
    ],
    ["a forward of another address", FAR, [user({ address: "10.0.0.1" })], false],
    ["a forward of all addresses", FAR, [user({ address: "0.0.0.0" })], true],
    ["a forward of the host's address", FAR, [user({ address: "192.0.2.7" })], true],
    [
        "a forward of all addresses behind a tunnel",
        "qemu+tcp://127.0.0.1:2222/system",
        [user({ address: "0.0.0.0" })],
        false,
    ],
    [
        "a forward of all addresses of a host by its IPv6 address",
        "qemu+tls://[2001:db8::7]/system",
        [user({ address: "0.0.0.0" })],
        true,
    ],
    ["a lease on this machine", "qemu:///system", [plug({ ipv4: "dhcp" })], true],
    ["a lease on a host by ssh", BY_SSH, [plug({ ipv4: "dhcp" })], true],
    ["a forward of a host's loopback address, by ssh", "qemu+libssh2://alice@192.0.2.7/system", [user()], true],
])(
    "a guest on another host is probed by ssh, or by the host's own address: %s",
    (_what, connection, interfaces, allowed) => {
        const problems = remoteProbeProblems(specOf({ connection, interfaces, readiness: http }));
        expect(problems).toEqual(
            allowed
                ? []
                : [
                      {
                          property: "readiness",
                          reason: expect.stringMatching(/another machine may answer.*readiness\.console/) as string,
                      },
                  ],
        );
        expect(
            remoteProbeProblems(specOf({ connection, interfaces, readiness: { console: "up", timeout: 1 } })),
        ).toEqual([]);
    },
);

test("a Xen guest whose host is reached by ssh beside tcp is probed from there", () => {
    const spec = { connection: "xen+tcp://192.0.2.7/system", interfaces: [plug({ ipv4: "dhcp" })], readiness: http };
    expect(remoteProbeProblems(specOf(spec))).toHaveLength(1);
    expect(remoteProbeProblems(specOf({ ...spec, sshTarget: "root@192.0.2.7" }))).toEqual([]);
});

describe("from where a guest on a host by ssh is probed", () => {
    const REFUSAL = "sshd on 192.0.2.7 opens no channels for this login";
    const taken: (string | undefined)[] = [];
    const socket = {};
    const opened: [string, number][] = [];
    /** A host whose sshd opens channels, or says why it does not. */
    const host = (refusal?: string): Host => {
        const channels: HostChannels = {
            refusal: async () => refusal,
            open: async (address, port) => {
                opened.push([address, port]);
                return socket as never;
            },
        };
        return {
            uri: BY_SSH,
            networks: { leases: async () => [lease("10.0.0.4")] },
            channels: (target?: string) => {
                taken.push(target);
                return channels;
            },
        } as unknown as Host;
    };
    const probing = (refusal: string | undefined, ...interfaces: InterfaceSpec[]) =>
        probingOf({
            spec: specOf({ connection: BY_SSH, interfaces, readiness: http }),
            host: host(refusal),
            info: { local: false } as HostInfo,
        });

    test("from the host, as it sees the guest", async () => {
        const found = await probing(undefined, user(), plug({ ipv4: "dhcp" }), user({ address: "0.0.0.0" }));
        const routes = await found!.find();
        expect(routes).toEqual([
            { address: "127.0.0.1", port: 8080, forwarded: true },
            { address: "10.0.0.4", port: 80, forwarded: false },
        ]);
        expect(await found!.reach.open(routes[1]!, AbortSignal.timeout(1000))).toBe(socket);
        expect(opened).toEqual([["10.0.0.4", 80]]);
        expect(taken).toEqual([undefined]);
    });

    test("from here, by a forward on the address that the connection names, where sshd opens no channels", async () => {
        const found = await probing(REFUSAL, plug({ ipv4: "dhcp" }), user({ address: "0.0.0.0" }));
        expect(await found!.find()).toEqual([{ address: "192.0.2.7", port: 8080, forwarded: true }]);
        expect(found!.reach).toBe(fromHere);
    });

    test.each<[string, InterfaceSpec]>([
        ["a forward of the host's loopback address", user()],
        ["a lease", plug({ ipv4: "dhcp" })],
        ["a forward of another address", user({ address: "10.0.0.1" })],
    ])("else not at all, with what to do: %s", async (_what, card) => {
        await expect(probing(REFUSAL, card)).rejects.toMatchObject({
            code: "unsupported",
            property: "readiness",
            message: expect.stringContaining(REFUSAL) as string,
            hint: expect.stringMatching(/AllowTcpForwarding.*readiness\.console/) as string,
        });
    });
});
