import { createBackends } from "../../backends";
import { openHost } from "../../backends/libvirt";
import { killing, type Fault } from "./faults";
import { refOf, testContext, testPlan, type PlanOptions } from "./plans";

/** One operation of a bare backend that ends with SIGKILL. */
export interface FaultJob {
    operation: "create" | "update" | "delete";
    guest: PlanOptions;
    /** Of an update: what was there before. */
    from?: PlanOptions;
    fault: Fault;
}

async function main({ operation, guest, from, fault }: FaultJob): Promise<void> {
    const host = killing(await openHost(guest.connection), fault);
    const backend = createBackends(async () => host).kvm!;
    const plan = await testPlan(guest);
    const context = testContext();
    if (operation === "create") await backend.create(plan, context);
    if (operation === "update") await backend.update(plan, { from: (await testPlan(from ?? guest)).spec, consequence: "restart", properties: [] }, context);
    if (operation === "delete") await backend.delete(refOf(plan), plan.spec, context);
}

main(JSON.parse(process.argv[2]!) as FaultJob).then(
    // The point was never reached: the test must know.
    () => process.exit(10),
    (error: unknown) => { process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`); process.exit(11); },
);
