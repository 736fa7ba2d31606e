import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type Backend, createBackends } from "../../backends";
import { closeHosts, openHost } from "../../backends/libvirt";
import type { FaultJob } from "../support/faultChild";
import { type Fault, recording } from "../support/faults";
import { at, goesBack, LONG, points, runAndKill, SPREAD, spread } from "../support/killed";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { type PlanOptions, refOf, testContext, testPlan } from "../support/plans";

const NETWORK = "faults";
/** QEMU under emulation is bound by the processor, ending it by waiting: a few more than processors. */
const AT_ONCE = 6;

const hosts: LibvirtHost[] = [];
let kernel: string;
let images: string[];
let guests = 0;

beforeAll(async () => {
    kernel = (await (await import("../guests/build.mjs")).buildTestKernels()).testKernel;
    for (let count = 0; count < (LONG ? 2 : 1); count++) {
        const host = await startLibvirtHost();
        hosts.push(host);
        await host.defineNatNetwork(NETWORK, { subnet: "10.77.0" });
        // The client reads it when it is opened: from then on, this process knows both hosts.
        process.env.PULUMI_UNIKERNEL_DIR = host.env.PULUMI_UNIKERNEL_DIR;
        await openHost(host.uri);
    }
    images = ["one", "two"].map((content) => {
        const path = join(hosts[0]!.folder, `${content}.img`);
        writeFileSync(path, content.repeat(4096));
        return path;
    });
}, 900_000);

afterAll(async () => {
    delete process.env.PULUMI_UNIKERNEL_DIR;
    await closeHosts();
    for (const host of hosts) await host.close();
}, 900_000);

const backend: Backend = createBackends(openHost).kvm!;

/** A guest with all that a host can hold for it, in two versions. */
interface Subject {
    host: LibvirtHost;
    name: string;
    mac: string;
    before: PlanOptions;
    after: PlanOptions;
}

function subject(): Subject {
    const number = guests++;
    const host = hosts[number % hosts.length]!;
    const name = `fault${number}`;
    const mac = `52:54:00:fa:00:${number.toString(16).padStart(2, "0")}`;
    const version = (args: string, image: string, address: number): PlanOptions => ({
        connection: host.uri,
        name,
        kernel,
        args: [args],
        autostart: true,
        interfaces: [{ mac, attach: { network: NETWORK }, ipv4: { reserve: `10.77.0.${address}` } }],
        blocks: [
            { path: image, name: "read" },
            { path: image, name: "scratch", access: "scratch" },
            { path: image, name: "keep", access: "persist" },
        ],
    });
    return {
        host,
        name,
        mac,
        before: version("before", images[0]!, 2 + number),
        after: version("after", images[1]!, 2 + number + 126),
    };
}

const create = async (options: PlanOptions, from: Backend = backend) =>
    from.create(await testPlan(options), testContext());
const update = async (from: PlanOptions, to: PlanOptions, by: Backend = backend) =>
    by.update(
        await testPlan(to),
        { from: (await testPlan(from)).spec, consequence: "restart", properties: ["args"] },
        testContext(),
    );
const remove = async (options: PlanOptions, by: Backend = backend) => {
    const plan = await testPlan(options);
    return by.delete(refOf(plan), plan.spec, testContext());
};

/** What the host holds for a guest, seen from outside. */
async function seen({ host, name, mac }: Subject, uuid: string) {
    const names = (await host.virsh("list", "--all", "--name")).split("\n").filter((line) => line.trim() === name);
    const network = await host.virsh("net-dumpxml", NETWORK);
    let files: string[] = [];
    try {
        files = readdirSync(join(host.env.PULUMI_UNIKERNEL_DIR, uuid)).sort();
    } catch {
        /* no folder */
    }
    return {
        domains: names.length,
        addresses: [...network.matchAll(new RegExp(`<host mac='${mac}'[^>]* ip='([^']+)'`, "g"))].map(
            ([, address]) => address,
        ),
        files,
    };
}

/** Exactly the guest that was declared, and nothing beside it. */
async function expectGuest(one: Subject, options: PlanOptions): Promise<void> {
    const plan = await testPlan(options);
    const { domains, addresses, files } = await seen(one, plan.spec.uuid);
    const [address] = options.interfaces!.map(({ ipv4 }) =>
        typeof ipv4 === "object" && "reserve" in ipv4 ? ipv4.reserve : "",
    );
    expect({ domains, addresses }).toEqual({ domains: 1, addresses: [address] });
    const digest = plan.digests.blocks[0]!.slice(0, 16);
    expect(files.filter((name) => !/^console\.(last\.)?log$/.test(name))).toEqual([
        expect.stringMatching(/^initrd-[0-9a-f]{16}$/),
        "keep.persist.img",
        expect.stringMatching(/^kernel-[0-9a-f]{16}$/),
        `read-${digest}.img`,
        `scratch-${digest}.img`,
        `scratch-${digest}.scratch.img`,
    ]);
    expect(await backend.observe(refOf(plan), plan.spec)).toMatchObject({
        state: "running",
        bootDigest: plan.bootDigest,
        drift: {},
        unfinished: false,
    });
}

async function expectNothing(one: Subject, options: PlanOptions): Promise<void> {
    const { spec } = await testPlan(options);
    expect(await seen(one, spec.uuid)).toEqual({ domains: 0, addresses: [], files: [] });
}

async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
    const queue = [...items];
    await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
            for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
        }),
    );
}

interface Operation {
    /** Brings about what the operation begins with. */
    given(one: Subject): Promise<unknown>;
    job(one: Subject): Omit<FaultJob, "fault">;
    /** The same in this process and whole, for the record. */
    run(one: Subject, by: Backend): Promise<unknown>;
    /** The change from which on it is killed. */
    first?(changes: string[]): number;
    /** What comes after the kill. */
    next(one: Subject): Promise<unknown>;
    check(one: Subject): Promise<void>;
}

const panics = (options: PlanOptions): PlanOptions => ({ ...options, env: { TEST: "panic" } });
const operations: Record<string, Operation> = {
    create: {
        given: async () => undefined,
        job: ({ before }) => ({ operation: "create", guest: before }),
        run: ({ before }, by) => create(before, by),
        next: ({ before }) => create(before),
        check: (one) => expectGuest(one, one.before),
    },
    update: {
        given: ({ before }) => create(before),
        job: ({ before, after }) => ({ operation: "update", guest: after, from: before }),
        run: ({ before, after }, by) => update(before, after, by),
        next: ({ before, after }) => update(before, after),
        check: (one) => expectGuest(one, one.after),
    },
    "update that rolls back": {
        given: ({ before }) => create(before),
        job: ({ before, after }) => ({ operation: "update", guest: panics(after), from: before }),
        run: ({ before, after }, by) => goesBack(update(before, panics(after), by)),
        // Until its start it is any other update.
        first: (changes) => changes.indexOf("domains.start"),
        next: ({ before, after }) => update(before, after),
        check: (one) => expectGuest(one, one.after),
    },
    delete: {
        given: ({ before }) => create(before),
        job: ({ before }) => ({ operation: "delete", guest: { ...before, deleteData: true } }),
        run: ({ before }, by) => remove({ ...before, deleteData: true }, by),
        next: ({ before }) => remove({ ...before, deleteData: true }),
        check: (one) => expectNothing(one, one.before),
    },
};

/** The last good guest must not be forgotten over two failures. */
const failsAgain: Operation = {
    ...operations["update that rolls back"]!,
    next: ({ before, after }) => goesBack(update(before, panics(after))),
    check: (one) => expectGuest(one, one.before),
};

/** Kills an operation at a point, lets the next run come, and looks. */
async function survive(operation: Operation, fault: Fault): Promise<void> {
    const one = subject();
    await operation.given(one);
    await runAndKill({ ...operation.job(one), fault }, one.host.env);
    await operation.next(one);
    await operation.check(one);
}

const recordings = new Map<string, Promise<string[]>>();

/** The changes of an operation that nothing disturbs, of one run of it for all tests. */
function changesOf(name: string): Promise<string[]> {
    const record = async (): Promise<string[]> => {
        const operation = operations[name]!;
        const one = subject();
        await operation.given(one);
        const changes: string[] = [];
        await operation.run(one, createBackends(async (uri) => recording(await openHost(uri), changes)).kvm!);
        return changes;
    };
    const made = recordings.get(name) ?? record();
    recordings.set(name, made);
    return made;
}

const booting = ["files.put", "domains.define", "domains.start"];

/** With the calls that each makes at least: a walk that left some out would prove less than it says. */
describe.each([
    ["create", [...booting, "domains.setMetadata"]],
    ["update", [...booting, "domains.destroy", "domains.setMetadata", "files.remove"]],
    ["update that rolls back", [...booting, "domains.destroy", "files.remove"]],
    ["delete", ["domains.destroy", "domains.undefine", "files.remove", "files.removeFolder"]],
])(`%s, killed after ${SPREAD}`, (name, least) => {
    test("ends after the next run as if it had never been killed", async () => {
        const operation = operations[name]!;
        const changes = await changesOf(name);
        const failed: string[] = [];
        await inParallel(spread(points(changes, operation.first?.(changes) ?? 0), changes), async (fault) => {
            await survive(operation, fault).catch((error: unknown) => {
                failed.push(at(changes, fault, error));
            });
        });
        expect(failed).toEqual([]);
        expect(changes).toEqual(expect.arrayContaining(least));
    }, 900_000);
});

test("an update that is killed while it runs the new guest, and fails the next time, still knows the old one", async () => {
    const changes = await changesOf("update that rolls back");
    const after = (name: string): Fault => ({ change: changes.indexOf(name), when: "after" });
    const killed = LONG ? ["domains.define", "domains.destroy", "domains.start"] : ["domains.start"];
    await inParallel(killed.map(after), (fault) => survive(failsAgain, fault));
}, 900_000);
