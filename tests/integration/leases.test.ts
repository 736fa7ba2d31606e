import { openHost } from "../../backends/libvirt";
import type { Host } from "../../backends/libvirt/host";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { until } from "../support/processes";
import { resolveAt } from "../support/resolve";
import { testUnikernels, type Unikernels } from "../support/unikernels";

jest.setTimeout(900_000);

type Properties = Record<string, unknown>;

let its: Lifecycle;
let guests: Unikernels;
/** The MAC of the guest that requests an address as soon as it is started; the test kernel has no network. */
let requests: string | undefined;
/** Reads of leases since the last test began. */
let reads = 0;

beforeAll(async () => {
    const wrapped = new WeakMap<Host, Host>();
    its = await openLifecycle({
        wrap: (host) => {
            const known = wrapped.get(host) ?? requesting(host);
            wrapped.set(host, known);
            return known;
        },
    });
    guests = testUnikernels(its);
    const { bridge } = await its.host.defineNatNetwork("lan", { subnet: "10.88.0" });
    for (const args of [
        ["link", "add", "c0", "type", "veth", "peer", "name", "c1"],
        ["link", "set", "c1", "master", bridge, "up"],
    ])
        expect(await its.host.exec("ip", args)).toMatchObject({ code: 0 });
});
afterAll(async () => {
    delete process.env.PULUMI_UNIKERNEL_DIR;
    await its.close();
});
beforeEach(() => {
    requests = undefined;
    reads = 0;
});

function requesting(host: Host): Host {
    return {
        ...host,
        domains: {
            ...host.domains,
            start: async (uuid, options) => {
                const id = await host.domains.start(uuid, options);
                if (requests) await requestAddress(requests);
                return id;
            },
        },
        networks: {
            ...host.networks,
            leases: (name) => {
                reads++;
                return host.networks.leases(name);
            },
        },
    };
}

/** Request an address as the interface of this MAC, by a veth into the bridge. Ends when libvirt has noted the lease. */
async function requestAddress(mac: string, ...options: string[]): Promise<void> {
    const host = await openHost(its.host.uri);
    const ends = async (): Promise<string> => {
        const own = (await host.networks.leases("lan")).filter((one) => one.mac === mac);
        return own
            .map(({ address, expires }) => `${address} ${expires}`)
            .sort()
            .join();
    };
    const before = await ends();
    // A lease ends at a whole second: another one does not look renewed.
    await new Promise((resolve) => setTimeout(resolve, before === "" ? 0 : 1100));
    for (const args of [["down"], ["address", mac], ["up"]])
        expect(await its.host.exec("ip", ["link", "set", "c0", ...args])).toMatchObject({ code: 0 });
    const client = ["udhcpc", "-i", "c0", "-n", "-q", "-f", "-s", "/bin/true", "-t", "10", "-T", "1"];
    expect(await its.host.exec("busybox", [...client, ...options])).toMatchObject({ code: 0 });
    await until(async () => (await ends()) !== before);
    expect(await its.host.exec("ip", ["link", "set", "c0", "down"])).toMatchObject({ code: 0 });
}

const card = (mac: string, ipv4: unknown) => ({ interfaces: [{ mac, attach: { network: "lan" }, ipv4 }] });
const processOf = (state: Properties): Promise<string> => its.host.guestProcess(String(state.name));
const reserve = (last: number) => ({ reserve: `10.88.0.${last}` });
const reserved = async (mac: string): Promise<string[]> =>
    [...(await its.host.virsh("net-dumpxml", "lan")).matchAll(/<host mac='([^']+)' ip='([^']+)'/g)].flatMap(
        ([, other, address]) => (other === mac ? [address!] : []),
    );

test("a changed reservation restarts a running guest, which then has the address; others interrupt nothing", async () => {
    const mac = "52:54:00:55:00:01";
    requests = mac;
    const first = await guests.up("changes", card(mac, "dhcp"));
    const [leased = ""] = first.state.ipAddresses as string[];
    expect(leased).toMatch(/^10\.88\.0\.1\d\d$/);
    const boots = [await processOf(first.state)];

    const kept = await guests.up("changes", card(mac, { reserve: leased }), first.state);
    expect(kept.consequence).toBe(`live: interfaces[0].ipv4 (the guest has ${leased} already)`);
    boots.push(await processOf(kept.state));

    const other = await guests.up("changes", card(mac, reserve(20)), kept.state);
    expect(other.consequence).toMatch(/^restart: interfaces\[0\]\.ipv4 \(10\.88\.0\.1\d\d → 10\.88\.0\.20: the guest/);
    expect(other.state.ipAddresses).toEqual(["10.88.0.20"]);
    boots.push(await processOf(other.state));

    const next = await guests.up("changes", card(mac, reserve(21)), other.state);
    expect([next.consequence.split(":")[0], next.state.ipAddresses]).toEqual(["restart", ["10.88.0.21"]]);
    boots.push(await processOf(next.state));

    const none = await guests.up("changes", card(mac, "dhcp"), next.state);
    expect(none.consequence).toBe(
        "live: interfaces[0].ipv4 (the running guest keeps its address until its next start)",
    );
    expect([none.state.ipAddresses, await reserved(mac)]).toEqual([["10.88.0.21"], []]);
    boots.push(await processOf(none.state));

    expect(boots.map((one) => boots.indexOf(one))).toEqual([0, 0, 2, 3, 3]);
    await guests.destroy(none.state);
});

test("a guest's name in the network's DNS comes with its lease, changes while it runs, and goes with it; another's is refused", async () => {
    const [mac, other] = ["52:54:00:55:00:05", "52:54:00:55:00:06"];
    requests = mac;
    const named = (name?: string) => card(mac, { ...reserve(50), ...(name === undefined ? {} : { name }) });
    const asked = (name: string): Promise<string> => resolveAt(its.host, "10.88.0.1", name);
    const { state } = await guests.up("named", named("web-3"));
    expect([state.ipAddresses, await asked("web-3")]).toEqual([["10.88.0.50"], "10.88.0.50"]);
    const before = await processOf(state);

    requests = undefined;
    const theirs = "<host mac='52:54:00:55:00:99' name='theirs' ip='10.88.0.52'/>";
    await its.host.virsh("net-update", "lan", "add-last", "ip-dhcp-host", theirs, "--live", "--config");
    const taken = guests.up("other", card(other, { ...reserve(51), name: "theirs" }));
    await expect(taken).rejects.toThrow(
        "interfaces[0].ipv4.name: network lan has the name theirs for 10.88.0.52, by an entry that was not made for this guest",
    );
    const xml = await its.host.virsh("net-dumpxml", "lan");
    expect([xml.includes("name='theirs'"), xml.includes(other)]).toEqual([true, false]);

    const renamed = await guests.up("named", named("shop"), state);
    expect(renamed.consequence).toBe("live: interfaces[0].ipv4 (its name in the network's DNS)");
    // A test host has no other DNS server to ask.
    expect([await asked("shop"), await asked("web-3")]).toEqual(["10.88.0.50", "EREFUSED"]);
    const nameless = await guests.up("named", named(), renamed.state);
    expect(await its.host.virsh("net-dumpxml", "lan")).toContain(`<host mac='${mac}' ip='10.88.0.50'/>`);
    expect(await processOf(nameless.state)).toBe(before);
    await guests.destroy(nameless.state);
    expect(await its.host.virsh("net-dumpxml", "lan")).not.toContain(mac);
});

describe("names of addresses that guests configure themselves", () => {
    const mac = (number: number): string => `52:54:00:55:01:0${number}`;
    const address = (number: number): [string, string] => [`10.88.0.6${number}`, `fd00:88::6${number}`];
    const named = (number: number, name?: string) => {
        const [ipv4, ipv6] = address(number).map((one) =>
            name === undefined ? { address: one } : { address: one, name },
        );
        const own = {
            ipv4: { ...ipv4, address: `${ipv4!.address}/24` },
            ipv6: { ...ipv6, address: `${ipv6!.address}/64` },
        };
        return { interfaces: [{ mac: mac(number), attach: { network: "lan" }, ...own }] };
    };
    const asked = (name: string): Promise<string[]> =>
        Promise.all((["A", "AAAA"] as const).map((type) => resolveAt(its.host, "10.88.0.1", name, type)));
    const none = ["EREFUSED", "EREFUSED"];
    const edit = (command: "add-last" | "delete", record: string): Promise<string> =>
        its.host.virsh("net-update", "lan", command, "dns-host", record, "--live", "--config");
    const records = async (...which: string[]): Promise<string[]> =>
        [...(await its.host.virsh("net-dumpxml", "lan", ...which)).matchAll(/<host ip='([^']+)'>/g)].map(
            ([, found]) => found!,
        );
    const theirs = "<host ip='10.88.0.70'><hostname>Admins</hostname></host>";

    test("come with the guest, by both families, change and are exchanged while it runs, are put back, and go with it", async () => {
        await edit("add-last", theirs);
        const a = await guests.up("own-a", named(1, "a"));
        const b = await guests.up("own-b", named(2, "b"));
        expect([await asked("a"), await asked("b")]).toEqual([address(1), address(2)]);
        const boots = await Promise.all([a, b].map(({ state }) => processOf(state)));

        // The one that is updated first takes the name from the other.
        guests.newRun();
        const exchanged = [
            await guests.check("own-a", named(1, "b"), a.state),
            await guests.check("own-b", named(2, "a"), b.state),
        ] as const;
        expect(exchanged.map(({ consequence }) => consequence)).toEqual(
            Array(2).fill(
                "live: interfaces[0].ipv4 (its name in the network's DNS), interfaces[0].ipv6 (its name in the network's DNS)",
            ),
        );
        const first = await guests.update(exchanged[0], a.state);
        expect(await asked("b")).toEqual(address(1));
        const second = await guests.update(exchanged[1], b.state);
        expect([await asked("a"), await asked("b")]).toEqual([address(2), address(1)]);
        expect((await guests.refresh(first))!.drift).toBeUndefined();

        guests.newRun();
        const failing = guests.up("own-a", { ...named(1, "c"), env: { TEST: "panic" } }, first);
        await expect(failing).rejects.toMatchObject({ code: "rolled-back" });
        expect([await asked("b"), await asked("c")]).toEqual([address(1), none]);
        boots[0] = await processOf(first);

        await edit("delete", `<host ip='${address(1)[1]}'/>`);
        const drifted = (await guests.refresh(first))!;
        expect(drifted.drift).toEqual(["interfaces[0].ipv6.name"]);
        const again = await guests.up("own-a", named(1, "b"), drifted);
        expect(again.consequence).toBe("live: interfaces[0].ipv6.name (its entry was removed from the network)");
        expect(await asked("b")).toEqual(address(1));
        expect((await guests.refresh(again.state))!.drift).toBeUndefined();

        // Of a name that is not declared any more, only the record goes.
        const nameless = await guests.up("own-b", named(2), second);
        expect([await asked("a"), await processOf(nameless.state)]).toEqual([none, boots[1]]);
        expect(await processOf(again.state)).toBe(boots[0]);
        await guests.destroy(again.state);
        await guests.destroy(nameless.state);
        expect([await records(), await records("--inactive")]).toEqual([["10.88.0.70"], ["10.88.0.70"]]);
        await edit("delete", theirs);
    });

    test("that an administrator, or a guest of another stack, has are refused by check, which names the holder", async () => {
        await edit("add-last", theirs);
        const before = await its.host.virsh("net-dumpxml", "lan");
        await expect(guests.check("own-c", named(3, "admins"))).rejects.toThrow(
            "interfaces[0].ipv4.name: network lan has the name admins for 10.88.0.70, by an entry that was not made for this guest",
        );
        await edit("delete", theirs);
        const other = { resourceUrn: guests.urnOf("own-d", "another") };
        const holder = await guests.up("own-d", { ...named(4, "d"), ...other });
        guests.newRun();
        await expect(guests.check("own-c", named(3, "d"))).rejects.toThrow(
            /interfaces\[0\]\.ipv4\.name: network lan has the name d for domain own-d\S*: it belongs to "own-d" of stack another of project exclusive/,
        );
        await expect(guests.check("own-c", named(3, "c".repeat(64)))).rejects.toThrow(
            /ipv4\.name: expected a DNS label/,
        );
        await guests.destroy(holder.state);
        expect(await its.host.virsh("net-dumpxml", "lan")).toBe(before.replace(/ *<dns>[^]*<\/dns>\n/, ""));
    });
});

test("a guest that does not become ready with its new address has its former one again", async () => {
    const mac = "52:54:00:55:00:02";
    requests = mac;
    const { state } = await guests.up("returns", card(mac, reserve(30)));
    const before = await processOf(state);
    await expect(
        guests.up("returns", { ...card(mac, reserve(31)), readiness: { console: "never", timeout: 2 } }, state),
    ).rejects.toMatchObject({ code: "rolled-back" });
    expect(await reserved(mac)).toEqual(["10.88.0.30"]);
    expect(await processOf(state)).not.toBe(before);
    const { ipAddresses, drift } = (await guests.refresh(state))!;
    expect([ipAddresses, drift]).toEqual([["10.88.0.30"], undefined]);
    await guests.destroy(state);
});

test("an unchanged reservation never restarts a guest, whatever address it has; a guest that is off stays off", async () => {
    const mac = "52:54:00:55:00:03";
    const { state } = await guests.up("unchanged", card(mac, reserve(40)));
    expect(state.ipAddresses).toEqual(["10.88.0.40"]);
    const before = await processOf(state);
    const live = await guests.up("unchanged", { ...card(mac, reserve(40)), autostart: true }, state);
    expect([live.consequence, await processOf(live.state)]).toEqual(["live: autostart", before]);
    const off = await guests.up("unchanged", { ...card(mac, reserve(40)), state: "stopped" }, live.state);
    const moved = await guests.up("unchanged", { ...card(mac, reserve(41)), state: "stopped" }, off.state);
    expect([await processOf(moved.state), await reserved(mac)]).toEqual(["", ["10.88.0.41"]]);
    await guests.destroy(moved.state);
});

test("of two leases of one MAC the newer one counts, after the guest has named itself otherwise", async () => {
    const mac = "52:54:00:55:00:04";
    requests = mac;
    const { state } = await guests.up("renamed", card(mac, "dhcp"));
    await requestAddress(mac, "-x", "0x3d:00756e696b65726e656c");
    const addresses = (await (await openHost(its.host.uri)).networks.leases("lan"))
        .filter((one) => one.mac === mac)
        .sort((one, other) => one.expires - other.expires)
        .map(({ address }) => address);
    expect(addresses).toHaveLength(2);
    expect(state.ipAddresses).toEqual([addresses[0]]);
    reads = 0;
    expect((await guests.refresh(state))?.ipAddresses).toEqual([addresses[1]]);
    expect(reads).toBe(1);
    await guests.destroy(state);
});
