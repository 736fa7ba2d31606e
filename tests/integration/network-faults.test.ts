import { closeHosts } from "../../backends/libvirt";
import { type Fault, recording } from "../support/faults";
import { bridgeOf, startStranger, TestNetworks } from "../support/hostNetworks";
import { at, points, runAndKill, SPREAD, spread } from "../support/killed";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";

type Properties = Record<string, unknown>;

/** Processes start at the speed of the processors. */
const AT_ONCE = 4;
const CHILD = "networkFaultChild.ts";

let host: LibvirtHost;
let networks: TestNetworks;
let count = 0;
beforeAll(async () => {
    host = await startLibvirtHost();
    networks = new TestNetworks(host);
}, 900_000);
afterAll(async () => {
    await closeHosts();
    await host.close();
}, 900_000);

/** A network in two versions, and a third that needs it restarted. */
function subject() {
    const number = count++;
    const name = `fault${number}`;
    const of = (last: number, more: Properties = {}): Properties => ({
        name,
        ipv4: {
            address: `10.${120 + number}.0.1/24`,
            dhcp: { start: `10.${120 + number}.0.${last}`, end: `10.${120 + number}.0.200` },
        },
        hosts: [
            { name: `a${last}`, address: `10.${120 + number}.0.10` },
            { name: "b", address: `10.${120 + number}.0.${last + 1}`, mac: "52:54:00:fa:01:01" },
        ],
        ...more,
    });
    return { number, name, before: of(20), after: of(40), restarted: of(40, { mtu: 1300, domain: "fault.internal" }) };
}
type Subject = ReturnType<typeof subject>;

const guestOf = ({ number }: Subject): string => `fault-guest${number}`;
const withGuest = async (one: Subject): Promise<Properties> => {
    const state = await networks.up(one.name, one.before);
    await startStranger(
        host,
        guestOf(one),
        `52:54:00:fa:02:${one.number.toString(16).padStart(2, "0")}`,
        `network='${one.name}'`,
    );
    return state;
};

interface Operation {
    given(one: Subject): Promise<Properties | undefined>;
    /** Undefined: it is deleted. */
    args(one: Subject): Properties | undefined;
    least: string[];
}

const OPERATIONS: Record<string, Operation> = {
    create: {
        given: async () => undefined,
        args: ({ before }) => before,
        least: ["networks.define", "networks.start", "networks.setAutostart"],
    },
    "change in place": {
        given: ({ name, before }) => networks.up(name, before),
        args: ({ after }) => after,
        least: ["networks.define", "networks.update"],
    },
    "change with a restart": {
        given: withGuest,
        args: ({ restarted }) => restarted,
        least: ["networks.create", "domains.updateDevice", "networks.destroy", "networks.start"],
    },
    delete: {
        given: ({ name, before }) => networks.up(name, before),
        args: () => undefined,
        least: ["networks.destroy", "networks.undefine"],
    },
};

async function run(by: TestNetworks, { name }: Subject, args: Properties | undefined, state: Properties | undefined) {
    if (args) return by.up(name, args, state);
    await by.destroy(state ?? {});
    return undefined;
}

async function check(one: Subject, args: Properties | undefined, state: Properties | undefined, guest: boolean) {
    const names = (await host.virsh("net-list", "--all", "--name")).split("\n").filter(Boolean);
    if (!args || !state) {
        expect(names).not.toContain(one.name);
        return;
    }
    expect(await networks.refresh(state)).toEqual(state);
    expect(names).not.toContain(`waiting-${String(state.uuid)}`);
    const hosts = (await host.virsh("net-dumpxml", one.name)).match(/<host (ip|mac)=[^>]*/g);
    expect(hosts).toHaveLength(3);
    if (!guest) return;
    expect(await bridgeOf(host, guestOf(one))).toBe(state.bridge);
    await host.virsh("destroy", guestOf(one));
    await host.virsh("undefine", guestOf(one));
}

/** Where guests have moved to the network that waits, a refresh alone shows that the change is not complete. */
const refreshes = (changes: string[], { change, when }: Fault): boolean =>
    when === "after" && change === changes.indexOf("domains.updateDevice");

test.each(Object.entries(OPERATIONS))(
    `%s, killed after ${SPREAD}: the next run ends as if it had never been killed`,
    async (_name, operation) => {
        const first = subject();
        const changes: string[] = [];
        const state = await operation.given(first);
        const recorded = new TestNetworks(host, (one) => recording(one, changes));
        const guest = operation.given === withGuest;
        await check(first, operation.args(first), await run(recorded, first, operation.args(first), state), guest);
        const queue = spread(points(changes), changes);
        const failed: string[] = [];
        await Promise.all(
            Array.from({ length: AT_ONCE }, async () => {
                for (let fault = queue.shift(); fault !== undefined; fault = queue.shift()) {
                    const one = subject();
                    try {
                        const before = await operation.given(one);
                        const args = operation.args(one);
                        await runAndKill({ uri: host.uri, name: one.name, args, state: before, fault }, {}, CHILD);
                        const seen = refreshes(changes, fault) ? await networks.refresh(before!) : before;
                        if (seen !== before) expect(seen).toMatchObject({ drift: ["unfinished"] });
                        await check(one, args, await run(networks, one, args, seen), guest);
                    } catch (error) {
                        failed.push(at(changes, fault, error));
                    }
                }
            }),
        );
        expect(failed).toEqual([]);
        expect(changes).toEqual(expect.arrayContaining(operation.least));
    },
    300_000,
);
