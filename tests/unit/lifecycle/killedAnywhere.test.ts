import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Backend, createBackends, type Host } from "../../../backends";
import { readFacts } from "../../../backends/libvirt/devices";
import { readMark } from "../../../backends/libvirt/xml";
import { UnikernelError } from "../../../model";
import { FaultHost } from "../../faults/memory/faultHost";
import { goesBack } from "../../support/killed";
import { killBefore, walkChanges } from "../../support/killedInMemory";
import { ownCache } from "../../support/ownCache";
import { type PlanOptions, refOf, testContext, testPlan } from "../../support/plans";
import { bzImage } from "../core/kernels";

const folder = mkdtempSync(join(tmpdir(), "pulumi-unikernel-killed-anywhere-"));
afterAll(() => rmSync(folder, { recursive: true }));
ownCache();

const URI = "qemu:///system?killed-anywhere";
const UUID = "0b7c1a52-0000-4000-8000-000000000003";
const MAC = "52:54:00:fa:00:01";
const OTHER_MAC = "52:54:00:fa:00:02";
const NETWORK = `<network><name>lan</name><uuid>0b7c1a52-0000-4000-8000-000000000004</uuid><bridge name="virbr9"/>
<ip address="10.9.0.1" netmask="255.255.255.0"><dhcp><range start="10.9.0.2" end="10.9.0.99"/></dhcp></ip></network>`;

const file = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
};
const common = { kernel: file("kernel", bzImage("linux 6")), initrd: file("initrd", "initrd") };
const images = ["one", "two"].map((name) => file(`${name}.img`, name.repeat(512)));

/** A guest with all that a host can hold for it; the version that is bad does not start. */
const version = (args: string, image: string, address: number): PlanOptions => ({
    connection: URI,
    name: "web",
    guest: "linux",
    ...common,
    args: [args],
    autostart: true,
    readiness: undefined,
    shutdownTimeout: 0,
    interfaces: [
        { mac: MAC, attach: { network: "lan" }, ipv4: { reserve: `10.9.0.${address}`, name: `reserved-${address}` } },
        {
            mac: OTHER_MAC,
            attach: { network: "lan" },
            ipv4: { address: `10.9.0.${address + 20}/24`, name: `own-${address}` },
            ipv6: { address: `fd00:0::${address}/64`, name: `own-${address}` },
        },
    ],
    blocks: [
        { path: image, name: "read", mount: "/read" },
        { path: image, name: "scratch", access: "scratch", mount: "/scratch" },
        { path: image, name: "keep", access: "persist", mount: "/keep" },
    ],
});
const before = version("before", images[0]!, 10);
const after = version("after", images[1]!, 11);
const bad: PlanOptions = { ...after, vcpus: 13 };

/** Refuses to start what has thirteen processors. */
class RefusingHost extends FaultHost {
    constructor() {
        super(URI, UUID);
        const { start } = this.domains;
        Object.assign(this.domains, {
            start: async (uuid: string, options: { paused: boolean }) => {
                if (/<vcpu[^>]*>13</.test(this.domain(uuid).inactiveXml))
                    throw new UnikernelError("program-failed", "QEMU refuses thirteen processors");
                return start(uuid, options);
            },
        } satisfies Partial<Host["domains"]>);
    }
}

const by = (host: Host): Backend => createBackends(async () => host).kvm!;
const create = async (on: Host): Promise<unknown> => by(on).create(await testPlan(before), testContext());
const update = async (on: Host, to: PlanOptions): Promise<unknown> =>
    by(on).update(
        await testPlan(to),
        { from: (await testPlan(before)).spec, consequence: "restart", properties: ["args"] },
        testContext(),
    );
const remove = async (on: Host): Promise<void> => {
    const plan = await testPlan({ ...before, deleteData: true });
    await by(on).delete(refOf(plan), plan.spec, testContext());
};

/** The host has exactly the guest that was declared, and nothing beside it. */
async function expectGuest(host: FaultHost, options: PlanOptions): Promise<void> {
    const plan = await testPlan(options);
    expect(host.records()).toHaveLength(1);
    const [{ inactiveXml, liveXml, autostart, state }] = host.records() as [ReturnType<FaultHost["records"]>[0]];
    const mark = readMark(inactiveXml);
    expect(mark).toMatchObject({ phase: "ready" });
    expect(mark!.lastGood).toBeUndefined();
    expect([state, autostart, liveXml && readFacts(liveXml)]).toEqual(["running", true, readFacts(inactiveXml)]);
    const files = host.allFiles().map(([, name]) => name);
    expect(files.filter((name) => !/^console\./.test(name)).sort()).toEqual(
        mark!.files!.map(({ name }) => name).sort(),
    );
    expect(await by(host).observe(refOf(plan), plan.spec)).toMatchObject({
        state: "running",
        bootDigest: plan.bootDigest,
        drift: {},
        unfinished: false,
    });
    const number = options === before ? 10 : 11;
    expect(entries(host)).toEqual([
        `10.9.0.${number} reserved-${number}`,
        `10.9.0.${number + 20} own-${number}`,
        `fd00::${number} own-${number}`,
    ]);
}

async function expectNothing(host: FaultHost): Promise<void> {
    expect([host.records(), host.folderNames(), entries(host)]).toEqual([[], [], []]);
}

const entries = (host: FaultHost): string[] =>
    [...host.nets.kept.values()]
        .flatMap(({ defined }) => [
            ...defined!.subnets.flatMap((one) => one.entries.map(({ address, name }) => `${address} ${name}`)),
            ...defined!.records.map(({ address, names }) => `${address} ${names}`),
        ])
        .sort();

interface Operation {
    given?(host: Host): Promise<unknown>;
    killed(host: Host): Promise<unknown>;
    next(host: Host): Promise<unknown>;
    check(host: FaultHost): Promise<void>;
}

const OPERATIONS: Record<string, Operation> = {
    create: { killed: create, next: create, check: (host) => expectGuest(host, before) },
    update: {
        given: create,
        killed: (host) => update(host, after),
        next: (host) => update(host, after),
        check: (host) => expectGuest(host, after),
    },
    "update that rolls back": {
        given: create,
        killed: (host) => goesBack(update(host, bad)),
        next: (host) => update(host, after),
        check: (host) => expectGuest(host, after),
    },
    "update that fails again": {
        given: create,
        killed: (host) => goesBack(update(host, bad)),
        next: (host) => goesBack(update(host, bad)),
        check: (host) => expectGuest(host, before),
    },
    delete: { given: create, killed: remove, next: remove, check: expectNothing },
};

/** Run one operation until it is killed before its nth change of the host, and then the next one. @returns whether it came to that change */
async function survive({ given, killed, next, check }: Operation, change: number): Promise<boolean> {
    const host = new RefusingHost();
    await host.networks.define(NETWORK);
    await host.networks.start("0b7c1a52-0000-4000-8000-000000000004");
    const { spec } = await testPlan(before);
    await given?.(host);
    if (!(await killBefore(host, change, [spec.uuid], killed))) return false;
    await next(host);
    await check(host);
    return true;
}

// On real daemons a part of these points: tests/integration/faults.test.ts.
test.each(Object.entries(OPERATIONS))(
    "%s, killed before each change of a host in memory: ends after the next run as if it had never been killed",
    async (_name, operation) => {
        expect(await walkChanges((change) => survive(operation, change))).toBeGreaterThan(4);
    },
    60_000,
);
