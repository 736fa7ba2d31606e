import type { Backend, Change, Observation } from "../../backends";
import { closeHosts, sshShellOf } from "../../backends/libvirt";
import type { GuestOptions } from "./lifecycle";
import { type PlanOptions, refOf, stateOf, testContext, testPlan } from "./plans";
import { PATIENT } from "./time";
import { type Wraps, xenBackend } from "./xenBackend";
import { startXenHost, type XenHost } from "./xenHost";

type TestContext = ReturnType<typeof testContext>;

/** The folder of guests' files in dom0. */
const FOLDER = "/var/lib/pulumi-unikernel";

/** The xen backend on a real Xen host, with the PV test kernel. */
export class XenLifecycle {
    private guests = 0;

    constructor(
        readonly host: XenHost,
        readonly backend: Backend,
        readonly kernel: string,
    ) {}

    /** Return options of a guest with a name that no other test uses. Files by libvirt's volumes, dom0 by ssh. */
    guest(options: GuestOptions = {}): PlanOptions {
        return {
            connection: this.host.uri,
            sshTarget: "root@xen-host",
            platform: "xen",
            accelerator: "auto",
            name: `guest${this.guests++}`,
            kernel: this.kernel,
            ...options,
        };
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
        return this.backend.observe(refOf(plan), plan.spec);
    }

    async delete(guest: PlanOptions, context: TestContext = testContext()): Promise<void> {
        const plan = await testPlan(guest);
        await this.backend.delete(refOf(plan), await stateOf(this.backend, plan), context);
    }

    async folder(guest: PlanOptions): Promise<string> {
        return `${FOLDER}/${(await testPlan(guest)).spec.uuid}`;
    }

    async files(guest: PlanOptions): Promise<string[]> {
        return (await this.host.exec("ls", [await this.folder(guest)])).stdout.split("\n").filter(Boolean).sort();
    }

    /** Return the domain's id; a restart gives another one. "-" when it is off. */
    id({ name }: PlanOptions): Promise<string> {
        return this.host.virsh("domid", name);
    }

    /** Expect nothing left of a guest in libvirt, Xen, xenstore and dom0's folders. */
    async expectNothing(guest: PlanOptions): Promise<void> {
        const { name } = guest;
        const [defined, pools, running, left, loops] = await Promise.all([
            this.host.virsh("list", "--all", "--name"),
            this.host.virsh("pool-list", "--all", "--name"),
            this.host.run("xl", "list"),
            this.host.run(
                "sh",
                "-c",
                `ls -d ${await this.folder(guest)} /var/log/xen/console/guest-${name}.log* 2>/dev/null; true`,
            ),
            this.host.run("losetup", "--all"),
        ]);
        expect(defined.split("\n")).not.toContain(name);
        expect(pools).not.toContain((await testPlan(guest)).spec.uuid);
        expect(running).not.toMatch(new RegExp(`^${name} `, "m"));
        expect({ left, loops }).toEqual({
            left: "",
            loops: expect.not.stringContaining(await this.folder(guest)) as string,
        });
    }

    async close(): Promise<void> {
        await closeHosts();
        await this.host.stop();
    }
}

export async function openXenLifecycle(wraps: Wraps = {}): Promise<XenLifecycle> {
    const kernel = await (await import("../guests/xen/build.mjs")).buildXenTestKernel();
    const host = await startXenHost();
    return new XenLifecycle(
        host,
        xenBackend(() => sshShellOf(host.sshUri, PATIENT), wraps),
        kernel,
    );
}
