import { readdirSync } from "node:fs";
import { join } from "node:path";

import { type Backend, type Change, createBackends, type Observation } from "../../backends";
import { closeHosts, type Host, openHost } from "../../backends/libvirt";
import { type LibvirtHost, startLibvirtHost } from "./libvirtHost";
import type { LibvirtHostOptions } from "./libvirtHostSetup";
import { type PlanOptions, refOf, stateOf, testContext, testPlan } from "./plans";

/** The options of a guest that a test gives; the harness adds the rest. */
export type GuestOptions = Partial<PlanOptions>;
type TestContext = ReturnType<typeof testContext>;

/** The kvm backend on a private libvirt host, with the test kernel. */
export class Lifecycle {
    private guests = 0;

    constructor(
        readonly host: LibvirtHost,
        readonly backend: Backend,
        readonly kernel: string,
    ) {}

    /** Return options of a guest with a name that no other test uses. */
    guest(options: GuestOptions = {}): PlanOptions {
        return { connection: this.host.uri, name: `guest${this.guests++}`, kernel: this.kernel, ...options };
    }

    async create(guest: PlanOptions, context: TestContext = testContext()): Promise<Observation> {
        return this.backend.create(await testPlan(guest), context);
    }

    async update(
        from: PlanOptions,
        to: PlanOptions,
        context: TestContext = testContext(),
        change: Partial<Change> = {},
    ): Promise<Observation> {
        return this.backend.update(
            await testPlan(to),
            { from: (await testPlan(from)).spec, consequence: "restart", properties: [], ...change },
            context,
        );
    }

    async observe(guest: PlanOptions): Promise<Observation | undefined> {
        const plan = await testPlan(guest);
        return this.backend.observe(refOf(plan), plan.spec, undefined, plan.readConsole);
    }

    async delete(guest: PlanOptions, context: TestContext = testContext()): Promise<void> {
        const plan = await testPlan(guest);
        await this.backend.delete(refOf(plan), await stateOf(this.backend, plan), context);
    }

    /** Return the names of the guest's files, except its console log. */
    async files(guest: PlanOptions): Promise<string[]> {
        try {
            return readdirSync(await this.folder(guest))
                .filter((name) => !name.startsWith("console."))
                .sort();
        } catch {
            return [];
        }
    }

    async folder(guest: PlanOptions): Promise<string> {
        return join(this.host.env.PULUMI_UNIKERNEL_DIR, (await testPlan(guest)).spec.uuid);
    }

    /** Expect nothing left of a guest: no domain, no folder, no reservation, no process. */
    async expectNothing(guest: PlanOptions): Promise<void> {
        const {
            spec: { uuid },
        } = await testPlan(guest);
        expect((await this.host.virsh("list", "--all", "--name")).split("\n")).not.toContain(guest.name);
        expect(readdirSync(this.host.env.PULUMI_UNIKERNEL_DIR)).not.toContain(uuid);
        for (const network of (await this.host.virsh("net-list", "--name")).split("\n").filter(Boolean)) {
            for (const { mac } of guest.interfaces ?? [])
                expect(await this.host.virsh("net-dumpxml", network)).not.toContain(mac);
        }
    }

    /** Return the pid of a guest's QEMU; a restart gives another one. */
    process(guest: PlanOptions): Promise<string> {
        return this.host.guestProcess(guest.name);
    }

    async close(): Promise<void> {
        await closeHosts();
        await this.host.close();
    }
}

export async function openLifecycle({
    wrap = (host) => host,
    ...options
}: LibvirtHostOptions & { wrap?: (host: Host) => Host } = {}): Promise<Lifecycle> {
    const { testKernel } = await (await import("../guests/build.mjs")).buildTestKernels();
    const host = await startLibvirtHost(options);
    process.env.PULUMI_UNIKERNEL_DIR = host.env.PULUMI_UNIKERNEL_DIR;
    try {
        // The configuration is read when a host is opened, and never again.
        await openHost(host.uri);
    } finally {
        delete process.env.PULUMI_UNIKERNEL_DIR;
    }
    return new Lifecycle(host, createBackends(async (uri) => wrap(await openHost(uri))).kvm!, testKernel);
}
