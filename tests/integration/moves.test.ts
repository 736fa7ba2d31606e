import { writeFileSync } from "node:fs";

import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { testUnikernels, type Unikernels } from "../support/unikernels";

jest.setTimeout(900_000);

const MACVTAP = "<forward mode='bridge'><interface dev='v0'/></forward>";
let its: Lifecycle;
let guests: Unikernels;
/** Look-ups of networks since the last test began. */
const asked: string[] = [];

beforeAll(async () => {
    const wrapped = new WeakMap<object, object>();
    its = await openLifecycle({
        wrap: (host) => {
            // One for each host, as the real ones are.
            const known = wrapped.get(host) as typeof host | undefined;
            const counting = known ?? {
                ...host,
                networks: {
                    ...host.networks,
                    get: (name: string) => {
                        asked.push(name);
                        return host.networks.get(name);
                    },
                },
            };
            wrapped.set(host, counting);
            return counting;
        },
    });
    guests = testUnikernels(its);
    await its.host.exec("ip", ["link", "add", "br7", "type", "bridge"]);
    await its.host.exec("ip", ["link", "add", "v0", "type", "veth", "peer", "name", "v1"]);
    await defineNetwork("bridged", "<forward mode='bridge'/><bridge name='br7'/>");
    await defineNetwork("macvtap", MACVTAP);
    await defineNetwork("macvtap2", MACVTAP);
    await its.host.defineNatNetwork("lan", { subnet: "10.88.0" });
});
afterAll(() => its.close());
beforeEach(() => {
    asked.length = 0;
});

async function defineNetwork(name: string, inside: string): Promise<void> {
    const file = `${its.host.folder}/${name}.xml`;
    writeFileSync(file, `<network><name>${name}</name>${inside}</network>`);
    await its.host.virsh("net-define", file);
    await its.host.virsh("net-start", name);
}

/**
 * The test host's /dev is its own, so the kernel does not show the device of a macvtap there: make those of the next ones. They are
 * called by the interface's index, which counts up; their number is the first free one, which a probe shows.
 */
async function makeTapDevices(): Promise<void> {
    const found = await its.host.inside(
        "sh",
        "-c",
        "ip link add link v0 name probe0 type macvtap mode bridge; cat /sys/class/net/probe0/tap*/dev /sys/class/net/probe0/ifindex; ip link del probe0",
    );
    const [device = "", index = ""] = found.trim().split("\n");
    const [major = "", minor = ""] = device.split(":");
    for (let next = 1; next <= 20; next++) {
        const path = `/dev/tap${Number(index) + next}`;
        await its.host.inside("rm", "-f", path);
        await its.host.inside("mknod", "-m", "0666", path, "c", major, minor);
    }
}

const plug = (mac: string, network: string) => ({ interfaces: [{ mac, attach: { network } }] });

test("to a network with a bridge of the host's an interface moves while its guest runs, and each network is asked for once in a run", async () => {
    const mac = "52:54:00:33:00:01";
    const { state, consequence } = await guests.up("mover", plug(mac, "lan"));
    expect([consequence, asked]).toEqual(["create", []]);
    const before = await its.process({ ...named(state) });
    const next = await guests.up("mover", plug(mac, "bridged"), state);
    expect([next.consequence, asked]).toEqual(["live: interfaces[0].attach", ["lan", "bridged"]]);
    expect(await its.process(named(state))).toBe(before);
    expect(await its.host.virsh("domiflist", named(state).name)).toContain("bridged");
    expect(await guests.refresh(next.state)).toEqual(next.state);
    // Nothing of the interfaces changes: nothing is asked for.
    const last = await guests.up("mover", { ...plug(mac, "bridged"), shutdownTimeout: 11 }, next.state);
    expect([last.consequence, asked.length]).toEqual(["live: shutdownTimeout", 2]);
    await guests.destroy(last.state);
});

test("to, between and from networks that forward by macvtap it is a restart, in the preview and at the update", async () => {
    const mac = "52:54:00:33:00:02";
    let { state } = await guests.up("taps", plug(mac, "lan"));
    await makeTapDevices();
    for (const network of ["macvtap", "macvtap2", "bridged"]) {
        const before = await its.process(named(state));
        const next = await guests.up("taps", plug(mac, network), state);
        expect(next.consequence).toBe("restart: interfaces[0].attach");
        expect(await its.host.virsh("domiflist", named(state).name)).toContain(network);
        expect(await its.process(named(state))).not.toBe(before);
        state = next.state;
        expect(await guests.refresh(state)).toEqual(state);
    }
    await guests.destroy(state);
});

test("a network that is not there is refused without a restart", async () => {
    const mac = "52:54:00:33:00:03";
    const { state } = await guests.up("nowhere", plug(mac, "lan"));
    const before = await its.process(named(state));
    await expect(guests.up("nowhere", plug(mac, "nirvana"), state)).rejects.toMatchObject({
        code: "not-found",
        property: "interfaces[0].attach.network",
    });
    expect(await its.process(named(state))).toBe(before);
    await guests.destroy(state);
});

function named(state: Record<string, unknown>): { connection: string; name: string; kernel: string } {
    return { connection: its.host.uri, kernel: its.kernel, name: String(state.name) };
}
