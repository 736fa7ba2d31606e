import { spawn } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { createBackends, type Backend } from "../../backends";
import { closeHosts, openHost } from "../../backends/libvirt";
import type { FaultJob } from "../support/faultChild";
import { recording, type Fault } from "../support/faults";
import { startLibvirtHost, type LibvirtHost } from "../support/libvirtHost";
import { refOf, testContext, testPlan, type PlanOptions } from "../support/plans";

const support = join(__dirname, "..", "support");
const NETWORK = "faults";
/** QEMU under emulation is bound by the processor, ending it by waiting: a few more than processors. */
const AT_ONCE = 5;

const hosts: LibvirtHost[] = [];
let kernel: string;
let images: string[];
let guests = 0;

beforeAll(async () => {
    kernel = (await (await import("../guests/build.mjs")).buildTestKernels()).testKernel;
    for (let count = 0; count < 2; count++) {
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
}, 60_000);

afterAll(async () => {
    delete process.env.PULUMI_UNIKERNEL_DIR;
    await closeHosts();
    for (const host of hosts) await host.close();
}, 60_000);

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
        connection: host.uri, name, kernel, args: [args], autostart: true,
        interfaces: [{ mac, attach: { network: NETWORK }, ipv4: { reserve: `10.77.0.${address}` } }],
        blocks: [{ path: image, name: "read" }, { path: image, name: "scratch", access: "scratch" }, { path: image, name: "keep", access: "persist" }],
    });
    return { host, name, mac, before: version("before", images[0]!, 2 + number), after: version("after", images[1]!, 2 + number + 126) };
}

const create = async (options: PlanOptions, from: Backend = backend) => from.create(await testPlan(options), testContext());
const update = async (from: PlanOptions, to: PlanOptions, by: Backend = backend) =>
    by.update(await testPlan(to), { from: (await testPlan(from)).spec, consequence: "restart", properties: ["args"] }, testContext());
const remove = async (options: PlanOptions, by: Backend = backend) => {
    const plan = await testPlan(options);
    return by.delete(refOf(plan), plan.spec, testContext());
};

/** What the host holds for a guest, seen from outside. */
async function seen({ host, name, mac }: Subject, uuid: string) {
    const names = (await host.virsh("list", "--all", "--name")).split("\n").filter((line) => line.trim() === name);
    const network = await host.virsh("net-dumpxml", NETWORK);
    let files: string[] = [];
    try { files = readdirSync(join(host.env.PULUMI_UNIKERNEL_DIR, uuid)).sort(); } catch { /* no folder */ }
    return { domains: names.length, addresses: [...network.matchAll(new RegExp(`<host mac='${mac}'[^>]* ip='([^']+)'`, "g"))].map(([, address]) => address), files };
}

/** Exactly the guest that was declared, and nothing beside it. */
async function expectGuest(one: Subject, options: PlanOptions): Promise<void> {
    const plan = await testPlan(options);
    const { domains, addresses, files } = await seen(one, plan.spec.uuid);
    const [address] = options.interfaces!.map(({ ipv4 }) => (typeof ipv4 === "object" && "reserve" in ipv4 ? ipv4.reserve : ""));
    expect({ domains, addresses }).toEqual({ domains: 1, addresses: [address] });
    const digest = plan.digests.blocks[0]!.slice(0, 16);
    expect(files).toEqual([
        expect.stringMatching(/^console\.log$/), expect.stringMatching(/^initrd-[0-9a-f]{16}$/), "keep.persist.img", expect.stringMatching(/^kernel-[0-9a-f]{16}$/),
        `read-${digest}.img`, `scratch-${digest}.img`, `scratch-${digest}.scratch.img`,
    ]);
    expect(await backend.observe(refOf(plan), plan.spec)).toMatchObject({ state: "running", bootDigest: plan.bootDigest, drift: {}, unfinished: false });
}

async function expectNothing(one: Subject, options: PlanOptions): Promise<void> {
    const { spec } = await testPlan(options);
    expect(await seen(one, spec.uuid)).toEqual({ domains: 0, addresses: [], files: [] });
}

/** Runs one operation in a process of its own that ends by SIGKILL at the fault. */
function runAndKill(one: Subject, job: FaultJob): Promise<void> {
    return new Promise((resolve, reject) => {
        const child = spawn(process.execPath, ["-r", join(support, "typescript.cjs"), join(support, "faultChild.ts"), JSON.stringify(job)],
            { env: { ...process.env, ...one.host.env }, stdio: ["ignore", "ignore", "pipe"] });
        let said = "";
        child.stderr.on("data", (data: Buffer) => { said += data.toString(); });
        child.on("error", reject);
        child.on("close", (code, signal) => (signal === "SIGKILL" ? resolve() : reject(new Error(`${JSON.stringify(job.fault)} was not reached: ended with ${code}\n${said}`))));
    });
}

/** The changes of an uninterrupted run, each of which is a point. */
async function record(run: (by: Backend) => Promise<unknown>): Promise<string[]> {
    const changes: string[] = [];
    await run(createBackends(async (uri) => recording(await openHost(uri), changes)).kvm!).catch((error: unknown) => {
        if ((error as { code?: string }).code !== "rolled-back") throw error;
    });
    return changes;
}

/** Before each, in the middle of those that the host does by itself, and after the last. */
function points(changes: string[]): Fault[] {
    return [
        ...changes.map((_name, change): Fault => ({ change, when: "before" })),
        ...changes.flatMap((name, change): Fault[] => (/^domains\.(define|start|destroy|undefine|setMetadata)$/.test(name) ? [{ change, when: "during" }] : [])),
        { change: changes.length - 1, when: "after" },
    ];
}

async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
    const queue = [...items];
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
        for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
    }));
}

interface Operation {
    /** Brings about what the operation begins with. */
    given(one: Subject): Promise<unknown>;
    job(one: Subject): Omit<FaultJob, "fault">;
    /** The same again, whole. */
    run(one: Subject, by?: Backend): Promise<unknown>;
    check(one: Subject): Promise<void>;
}

const panics = (options: PlanOptions): PlanOptions => ({ ...options, env: { TEST: "panic" } });
const operations: Record<string, Operation> = {
    create: {
        given: async () => undefined,
        job: ({ before }) => ({ operation: "create", guest: before }),
        run: ({ before }, by) => create(before, by),
        check: (one) => expectGuest(one, one.before),
    },
    update: {
        given: ({ before }) => create(before),
        job: ({ before, after }) => ({ operation: "update", guest: after, from: before }),
        run: ({ before, after }, by) => update(before, after, by),
        check: (one) => expectGuest(one, one.after),
    },
    "update that rolls back": {
        given: ({ before }) => create(before),
        job: ({ before, after }) => ({ operation: "update", guest: panics(after), from: before }),
        run: ({ before, after }, by) => update(before, panics(after), by),
        check: (one) => expectGuest(one, one.before),
    },
    delete: {
        given: ({ before }) => create(before),
        job: ({ before }) => ({ operation: "delete", guest: { ...before, deleteData: true } }),
        run: ({ before }, by) => remove({ ...before, deleteData: true }, by),
        check: (one) => expectNothing(one, one.before),
    },
};

describe.each(Object.entries(operations))("%s, killed at each step", (name, operation) => {
    test("and run again, ends as if it had never been killed", async () => {
        const first = subject();
        await operation.given(first);
        const changes = await record((by) => operation.run(first, by));
        await operation.check(first);
        await remove({ ...first.before, deleteData: true });
        const failed: string[] = [];
        await inParallel(points(changes), async (fault) => {
            const one = subject();
            try {
                await operation.given(one);
                await runAndKill(one, { ...operation.job(one), fault });
                await operation.run(one).catch((error: unknown) => {
                    if (name !== "update that rolls back" || (error as { code?: string }).code !== "rolled-back") throw error;
                });
                await operation.check(one);
                await remove({ ...one.after, deleteData: true });
                await expectNothing(one, one.before);
            } catch (error) {
                failed.push(`${fault.when} ${changes[fault.change]} (${fault.change}): ${error instanceof Error ? error.message : String(error)}`);
            }
        });
        expect(failed).toEqual([]);
    }, 180_000);
});
