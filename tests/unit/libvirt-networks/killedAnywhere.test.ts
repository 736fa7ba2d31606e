import { hostNetworks } from "../../../backends";
import type { Host } from "../../../backends/libvirt/host";
import { networkHandlers } from "../../../core/network";
import { FaultHost } from "../../faults/memory/faultHost";
import { killBefore, walkChanges } from "../../support/killedInMemory";
import { ownCache } from "../../support/ownCache";
import { alice } from "../../support/plans";
import { tinyDomain } from "../../support/tinyDomain";

type Properties = Record<string, unknown>;

// Ending a process rewrites the notes of creates in the cache: those of other tests are not ours.
ownCache();

const URI = "qemu:///system?killed-networks";
const GUEST = "0b7c1a52-0000-4000-8000-000000000006";

/** A network in two versions, and a third that needs it restarted. */
const version = (last: number, more: Properties = {}): Properties => ({
    name: "lan",
    ipv4: { address: "10.9.0.1/24", dhcp: { start: `10.9.0.${last}`, end: "10.9.0.200" } },
    hosts: [
        { name: `a${last}`, address: "10.9.0.10" },
        { name: "b", address: `10.9.0.${last + 1}`, mac: "52:54:00:fa:01:01" },
    ],
    ...more,
});
const BEFORE = version(20);
const AFTER = version(40);
const RESTARTED = version(40, { mtu: 1300, domain: "fault.internal" });

const handlersOn = (host: Host) =>
    networkHandlers({
        networks: hostNetworks(async () => host),
        defaultConnection: () => URI,
        creator: alice,
        log: () => undefined,
    });

/** One run: the network is as its arguments say, or without them deleted. @returns its state */
async function run(host: Host, args: Properties | undefined, state?: Properties): Promise<Properties | undefined> {
    const handlers = handlersOn(host);
    if (!args) return void (await handlers.delete(String(state?.uuid), state ?? {}));
    const { bridge: _, mode, incarnation: __, ...rest } = state ?? {};
    const { inputs, failures } = await handlers.check(state ? { ...rest, mode } : {}, {
        resourceUrn: "urn:pulumi:test::networks::unikernel:index:Network::lan",
        connection: URI,
        ...args,
    });
    expect(failures).toEqual([]);
    if (!state) return (await handlers.create(inputs)).outs;
    const { changes } = await handlers.diff(String(inputs.uuid), state, inputs);
    return changes === false ? state : (await handlers.update(String(inputs.uuid), state, inputs)).outs;
}

async function startGuest(host: FaultHost): Promise<void> {
    const devices =
        '<interface type="network"><mac address="52:54:00:fa:02:01"/><source network="lan"/><model type="virtio"/></interface>';
    await host.domains.define(tinyDomain({ name: "stranger", uuid: GUEST, devices }).replaceAll("'", '"'));
    await host.domains.start(GUEST, { paused: false });
}

/** The network is as declared, the host has no other one, and the guest is on it. */
async function check(host: FaultHost, args: Properties | undefined, state: Properties | undefined): Promise<void> {
    const networks = [...host.nets.kept.values()];
    if (!args || !state) return expect(networks).toEqual([]);
    expect(networks.map(({ running, defined, autostart }) => [running?.name, defined?.name, autostart])).toEqual([
        ["lan", "lan", true],
    ]);
    const [{ running, defined }] = networks as [(typeof networks)[0]];
    expect([defined?.mark?.phase, running?.records, running?.mtu]).toEqual(["ready", defined?.records, args.mtu]);
    const read = await handlersOn(host).read(String(state.uuid), state);
    expect(read.props).toEqual(state);
    if (host.records().length > 0) expect(host.unplugged(GUEST)).toEqual([]);
}

interface Operation {
    given?: Properties;
    guest?: boolean;
    args?: Properties;
}

const OPERATIONS: Record<string, Operation> = {
    create: { args: BEFORE },
    "change in place": { given: BEFORE, args: AFTER },
    "change with a restart": { given: BEFORE, guest: true, args: RESTARTED },
    delete: { given: BEFORE },
};

/** Run one operation until it is killed before its nth change, and then the next run. @returns whether it came to that change */
async function survive({ given, guest, args }: Operation, change: number): Promise<boolean> {
    const host = new FaultHost(URI, "0b7c1a52-0000-4000-8000-000000000005");
    const state = given && (await run(host, given));
    if (guest) await startGuest(host);
    const uuids = [String(state?.uuid)];
    const reached = await killBefore(host, change, uuids, (on) => run(on, args, state));
    if (reached) await check(host, args, await run(host, args, state));
    return reached;
}

// On a real daemon a part of these points: tests/integration/network-faults.test.ts.
test.each(Object.entries(OPERATIONS))(
    "%s, killed before each change of a host in memory: the next run ends as if it had never been killed",
    async (_name, operation) => {
        expect(await walkChanges((change) => survive(operation, change))).toBeGreaterThanOrEqual(2);
    },
    60_000,
);
