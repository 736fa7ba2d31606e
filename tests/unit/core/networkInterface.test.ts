import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";
import { UNKNOWN } from "../../../core/handlers";
import { networkInterfaceHandlers, noteRefused } from "../../../core/networkInterface";

const urn = (name: string) => `urn:pulumi:dev::shop::pulumi-nodejs:dynamic/unikernel:NetworkInterface::${name}`;
const user = (...forward: object[]) => ({ user: { forward } });
const check = (args: object, olds: object = {}, name = "eth") =>
    networkInterfaceHandlers().check({ ...olds }, { resourceUrn: urn(name), ...args });

test.each<[unknown, RegExp]>([
    [
        "auto",
        /^automatic configuration \(-W tag,inet6,auto of the rumprun tool\) is not supported: rumprun crashes at it; write \{ address: "fd00::2\/64" \}, found "auto"$/,
    ],
    ["dhcp", /^expected a static address: \{ address: "fd00::2\/64", gateway \}, found "dhcp"$/],
    [7, /^expected a static address/],
])("ipv6: %j is refused with the reason", async (ipv6, reason) => {
    const { failures } = await check({ attach: { tap: "tap0" }, ipv6 });
    expect(failures).toEqual([{ property: "ipv6", reason: expect.stringMatching(reason) }]);
});

test.each<[string, object, string[]]>([
    ["two kinds of attach", { attach: { network: "default", tap: "tap0" } }, ["attach"]],
    ["none of the kinds", { attach: {} }, ["attach"]],
    ["an unknown kind", { attach: { vlan: "7" } }, ["attach.vlan"]],
    ["an unknown property", { attach: { tap: "tap0" }, speed: 100 }, ["speed"]],
    ["a device name with a slash", { attach: { tap: "net/tap" } }, ["attach.tap"]],
    ["a device name of 16 characters", { attach: { bridge: "abcdefghijklmnop" } }, ["attach.bridge"]],
    [
        "ports out of range",
        { attach: user({ host: 0, guest: 65536 }) },
        ["attach.user.forward[0].host", "attach.user.forward[0].guest"],
    ],
    ["no guest port", { attach: user({ host: 8080 }) }, ["attach.user.forward[0].guest"]],
    [
        "a host name as address",
        { attach: user({ guest: 80, address: "localhost" }) },
        ["attach.user.forward[0].address"],
    ],
    ["a protocol that is none", { attach: user({ guest: 80, protocol: "icmp" }) }, ["attach.user.forward[0].protocol"]],
    ["a broken mac", { attach: { tap: "tap0" }, mac: "52:54:00:00:00" }, ["mac"]],
    ["a multicast mac", { attach: { tap: "tap0" }, mac: "53:54:00:00:00:01" }, ["mac"]],
    [
        "an address without its prefix length",
        { attach: { tap: "tap0" }, ipv4: { address: "10.0.0.2" } },
        ["ipv4.address"],
    ],
    ["a prefix length too long", { attach: { tap: "tap0" }, ipv4: { address: "10.0.0.2/33" } }, ["ipv4.address"]],
    ["an IPv6 address as IPv4", { attach: { tap: "tap0" }, ipv4: { address: "fd00::2/64" } }, ["ipv4.address"]],
    [
        "a gateway elsewhere",
        { attach: { tap: "tap0" }, ipv4: { address: "10.0.0.2/24", gateway: "10.0.1.1" } },
        ["ipv4.gateway"],
    ],
    [
        "the guest as its own gateway",
        { attach: { tap: "tap0" }, ipv4: { address: "10.0.0.2/24", gateway: "10.0.0.2" } },
        ["ipv4.gateway"],
    ],
    [
        "an IPv6 gateway elsewhere",
        { attach: { tap: "tap0" }, ipv6: { address: "fd00::2/64", gateway: "fd01::1" } },
        ["ipv6.gateway"],
    ],
    ["a word for ipv4", { attach: { tap: "tap0" }, ipv4: "static" }, ["ipv4"]],
    [
        "a reservation without a libvirt network",
        { attach: { bridge: "br0" }, ipv4: { reserve: "10.0.0.9" } },
        ["ipv4.reserve"],
    ],
    [
        "a reservation with a prefix length",
        { attach: { network: "default" }, ipv4: { reserve: "10.0.0.9/24" } },
        ["ipv4.reserve"],
    ],
    ...["Web", "3web", "web_3", "web.internal", "web-", "", "w".repeat(64)].map((name): [string, object, string[]] => [
        `the name "${name}", which is no DNS label`,
        { attach: { network: "default" }, ipv4: { reserve: "10.0.0.9", name } },
        ["ipv4.name"],
    ]),
    ...["WEB-1", "web_1", "w".repeat(64)].flatMap((name): [string, object, string[]][] => [
        [
            `the name "${name}" of an address of its own, which is no DNS label`,
            { attach: { network: "default" }, ipv4: { address: "10.0.0.9/24", name } },
            ["ipv4.name"],
        ],
        [
            `the name "${name}" of an IPv6 address, which is no DNS label`,
            { attach: { network: "default" }, ipv6: { address: "fd00::9/64", name } },
            ["ipv6.name"],
        ],
    ]),
    [
        "names without a libvirt network",
        {
            attach: { bridge: "br0" },
            ipv4: { address: "10.0.0.9/24", name: "web" },
            ipv6: { address: "fd00::9/64", name: "web" },
        },
        ["ipv4.name", "ipv6.name"],
    ],
    [
        "many things at once",
        { attach: { tap: "" }, mac: 7, ipv6: { address: "x" } },
        ["attach.tap", "mac", "ipv6.address"],
    ],
])("refuses %s", async (_title, args, properties) => {
    const { failures } = await check(args);
    expect(failures.map(({ property }) => property)).toEqual(properties);
    for (const { reason } of failures) expect(reason).not.toMatch(/invalid input/i);
});

test.each<[string, object]>([
    ["a link-local router", { attach: { tap: "tap0" }, ipv6: { address: "fd00::2/64", gateway: "fe80::1" } }],
    ["a reservation", { attach: { network: "default" }, ipv4: { reserve: "192.168.122.10" } }],
    ["a name", { attach: { network: "default" }, ipv4: { reserve: "192.168.122.10", name: "web-3" } }],
    [
        "names of addresses of its own",
        {
            attach: { network: "default" },
            ipv4: { address: "10.0.0.9/24", name: "web" },
            ipv6: { address: "fd00::9/64", name: "web" },
        },
    ],
    ["a point-to-point prefix", { attach: { tap: "tap0" }, ipv4: { address: "10.0.0.2/31", gateway: "10.0.0.3" } }],
    ["a user network without forwards", { attach: { user: {} } }],
    ["nothing said", {}],
])("takes %s", async (_title, args) => {
    expect((await check(args)).failures).toEqual([]);
});

test("fills in what is left out, and keeps it", async () => {
    const { inputs } = await check({ attach: user({ guest: 80 }) });
    expect(inputs).toEqual({
        schemaVersion: 2,
        urn: urn("eth"),
        mac: expect.stringMatching(/^52:54:00(:[0-9a-f]{2}){3}$/),
        attach: user({ host: expect.any(Number), guest: 80, address: "127.0.0.1", protocol: "tcp" }),
        ipv4: "dhcp",
    });
    // Under a new URN (an alias) check still keeps what olds have.
    const again = await check({ attach: user({ guest: 443 }, { guest: 80 }) }, inputs, "renamed");
    expect(again.inputs.mac).toBe(inputs.mac);
    expect(portTo(80, again.inputs)).toBe(portTo(80, inputs));
});

test("a chosen port is of the quiet range, the same every time, and no two forwards of a program share one", async () => {
    const ports = new Map<string, number>();
    for (let index = 0; index < 300; index++) {
        const { inputs } = await check({ attach: user({ guest: 80 }) }, {}, `fleet-${index}`);
        ports.set(`fleet-${index}`, portTo(80, inputs));
    }
    expect(new Set(ports.values()).size).toBe(300);
    for (const port of ports.values()) expect(port >= 20_000 && port < 32_768).toBe(true);
    expect(portTo(80, (await check({ attach: user({ guest: 80 }) }, {}, "fleet-7")).inputs)).toBe(ports.get("fleet-7"));
});

test("who comes under the former name of a renamed interface gets another MAC and port, and gives up those that state has for it", async () => {
    const { inputs: first } = await check({ attach: user({ guest: 80 }) }, {}, "former");
    const renamed = (await check({ attach: user({ guest: 80 }) }, first, "present")).inputs;
    expect([renamed.mac, portTo(80, renamed)]).toEqual([first.mac, portTo(80, first)]);
    const { inputs: newcomer } = await check({ attach: user({ guest: 80 }) }, {}, "former");
    expect(newcomer.mac).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/);
    expect([newcomer.mac, portTo(80, newcomer)]).not.toEqual(expect.arrayContaining([first.mac]));
    expect(portTo(80, newcomer)).not.toBe(portTo(80, first));
    // Its own first run failed beside the other, and left them in state.
    expect((await check({ attach: user({ guest: 80 }) }, first, "former")).inputs).toMatchObject({ mac: newcomer.mac });
    // It keeps what it has got, and so does the other.
    expect((await check({ attach: user({ guest: 80 }) }, newcomer, "former")).inputs).toEqual(newcomer);
    expect((await check({ attach: user({ guest: 80 }) }, renamed, "present")).inputs).toEqual(renamed);
    // What the program names itself is its own affair.
    expect((await check({ mac: String(first.mac) }, {}, "former")).inputs.mac).toBe(first.mac);
});

test("a port on which another program of this machine listens is not chosen; one that is in state is kept, since the guest itself listens there", async () => {
    for (const protocol of ["tcp", "udp"] as const) {
        const before = (await check({ attach: user({ guest: 80, protocol }) }, {}, `listened-${protocol}`)).inputs;
        const port = portTo(80, before);
        const close = await listenOn(protocol, port);
        try {
            const { inputs } = await check({ attach: user({ guest: 80, protocol }) }, {}, `listened-${protocol}`);
            expect(portTo(80, inputs)).not.toBe(port);
            expect(
                (await check({ attach: user({ guest: 80, protocol }) }, before, `listened-${protocol}`)).inputs,
            ).toEqual(before);
            // What the program names itself is its own affair.
            expect(
                portTo(
                    80,
                    (await check({ attach: user({ host: port, guest: 80, protocol }) }, {}, `listened-${protocol}`))
                        .inputs,
                ),
            ).toBe(port);
        } finally {
            await close();
        }
    }
});

async function listenOn(protocol: "tcp" | "udp", port: number): Promise<() => Promise<void>> {
    if (protocol === "udp") {
        const socket = createSocket("udp4").bind(port, "127.0.0.1");
        await once(socket, "listening");
        return () =>
            new Promise((resolve) => {
                socket.close(() => {
                    resolve();
                });
            });
    }
    const server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
    return () =>
        new Promise((resolve) => {
            server.close(() => {
                resolve();
            });
        });
}

test("a port that the guest's host refused is given up, and not chosen again", async () => {
    const before = (await check({ attach: user({ guest: 80 }) }, {}, "refused")).inputs;
    const [forward] = (before.attach as { user: { forward: Parameters<typeof noteRefused>[1][] } }).user.forward;
    await noteRefused(String(before.mac), forward!);
    const after = (await check({ attach: user({ guest: 80 }) }, before, "refused")).inputs;
    expect(portTo(80, after)).not.toBe(portTo(80, before));
    expect(after.mac).toBe(before.mac);
    expect((await check({ attach: user({ guest: 80 }) }, after, "refused")).inputs).toEqual(after);
    expect(portTo(80, (await check({ attach: user({ guest: 80 }) }, {}, "refused")).inputs)).toBe(portTo(80, after));
    expect(
        portTo(80, (await check({ attach: user({ host: portTo(80, before), guest: 80 }) }, after, "refused")).inputs),
    ).toBe(portTo(80, before));
});

test("an unknown keeps nothing else from being checked, and is passed on", async () => {
    const { inputs, failures } = await check({
        attach: { network: UNKNOWN },
        mac: "broken",
        ipv4: { reserve: "10.0.0.9" },
    });
    expect(failures.map(({ property }) => property)).toEqual(["mac"]);
    expect((await check({ attach: { network: UNKNOWN } })).inputs.attach).toEqual({ network: UNKNOWN });
    expect(inputs.attach).toEqual({ network: UNKNOWN });
});

test.each([
    ["nothing", {}, false],
    ["a forward", { attach: user({ host: 8081, guest: 80 }) }, undefined],
    ["an unknown", { attach: UNKNOWN }, undefined],
])("diff of %s", async (_title, change, changes) => {
    const { inputs } = await check({ attach: user({ host: 8080, guest: 80 }) });
    const news = (await check({ attach: user({ host: 8080, guest: 80 }), ...change }, inputs)).inputs;
    expect(await networkInterfaceHandlers().diff("id", inputs, news)).toEqual({
        changes,
        replaces: [],
        deleteBeforeReplace: true,
    });
});

test("an older state keeps its version until something changes", async () => {
    const args = { attach: user({ host: 8080, guest: 80 }) };
    const old = { ...(await check(args)).inputs, schemaVersion: 1 };
    const again = (await check(args, old)).inputs;
    expect(again).toEqual(old);
    expect((await networkInterfaceHandlers().diff("id", old, again)).changes).toBe(false);
    expect((await check({ attach: user({ host: 8081, guest: 80 }) }, old)).inputs.schemaVersion).toBe(2);
    expect((await check({ attach: UNKNOWN }, old)).inputs.schemaVersion).toBe(2);
});

test("state of a newer release is refused, naming what to install", async () => {
    const { read, delete: remove } = networkInterfaceHandlers();
    for (const call of [read, remove])
        await expect(call("id", { schemaVersion: 3 })).rejects.toThrow(/schema version 3.*\n.*npm install/);
});

function portTo(guest: number, inputs: Record<string, unknown>): number {
    const {
        user: { forward },
    } = inputs.attach as { user: { forward: { guest: number; host: number }[] } };
    return forward.find((one) => one.guest === guest)!.host;
}
