import { createBackends } from "../../backends";
import { openHost } from "../../backends/libvirt";
import { endOf, type Fault, killer, recorder, type Watcher, watch, watchDom0 } from "./faults";
import { type PlanOptions, refOf, stateOf, testContext, testPlan } from "./plans";
import { PATIENT } from "./time";
import { controlShell, xenBackend } from "./xenBackend";

/** One operation of a bare backend that ends with SIGKILL. */
export interface FaultJob {
    operation: "create" | "update" | "delete";
    guest: PlanOptions;
    /** The guest declares no readiness: JSON cannot say so. */
    unready?: boolean;
    /** For an update: the guest before it. */
    from?: PlanOptions;
    fault: Fault;
    /** For a Xen host: an `ssh -F` configuration in which its dom0 is `xen-host`. */
    xen?: string;
}

async function main({ operation, guest: given, unready, from, fault, xen }: FaultJob): Promise<void> {
    const guest = unready ? { ...given, readiness: undefined } : given;
    const changes: string[] = [];
    const [kill, record] = [killer(fault), recorder(changes)];
    const killing: Watcher = (name, call, args) => kill(name, () => record(name, call, args), args);
    const host = watch(await openHost(guest.connection, xen === undefined ? {} : { timeouts: PATIENT }), killing);
    const backend =
        xen === undefined
            ? createBackends(async () => host).kvm!
            : xenBackend(() => controlShell(xen), { host: () => host, dom0: (dom0) => watchDom0(dom0, killing) });
    const plan = await testPlan(guest);
    const context = testContext();
    if (operation === "create") await backend.create(plan, context);
    if (operation === "update")
        await backend.update(
            plan,
            { from: (await testPlan(from ?? guest)).spec, consequence: "restart", properties: [] },
            context,
        );
    if (operation === "delete") await backend.delete(refOf(plan), await stateOf(backend, plan), context);
    process.stderr.write(`all that was done: ${changes.join(" ")}\n`);
}

endOf(main(JSON.parse(process.argv[2]!) as FaultJob));
