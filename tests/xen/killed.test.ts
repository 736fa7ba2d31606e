import type { Backend } from "../../backends";
import { type Fault, recorder, watch, watchDom0 } from "../support/faults";
import { at, goesBack, LONG, points, runAndKill } from "../support/killed";
import { type PlanOptions, refOf, testContext, testPlan } from "../support/plans";
import { controlShell, xenBackend } from "../support/xenBackend";
import { openXenLifecycle, type XenLifecycle } from "../support/xenLifecycle";

let its: XenLifecycle;

type Operation = "create" | "update" | "delete";

/** Ends the operation by SIGKILL there. */
const kill = (operation: Operation, guest: PlanOptions, fault: Fault, from?: PlanOptions) =>
    runAndKill({
        operation,
        guest,
        unready: "readiness" in guest && guest.readiness === undefined,
        from,
        fault,
        xen: its.host.sshConfig,
    });

/** The changes of an operation that nobody kills. */
async function changesOf(work: (backend: Backend) => Promise<unknown>): Promise<string[]> {
    const changes: string[] = [];
    const record = recorder(changes);
    await work(
        xenBackend(() => controlShell(its.host.sshConfig), {
            host: (host) => watch(host, record),
            dom0: (dom0) => watchDom0(dom0, record),
        }),
    );
    return changes;
}

const update = async (by: Backend, from: PlanOptions, to: PlanOptions) =>
    by.update(
        await testPlan(to),
        { from: (await testPlan(from)).spec, consequence: "restart", properties: ["args"] },
        testContext(),
    );

/** One domain, told what was declared, and two files. */
async function expectGuest(guest: PlanOptions): Promise<void> {
    const plan = await testPlan(guest);
    expect(await its.observe(guest)).toMatchObject({
        state: "running",
        bootDigest: plan.bootDigest,
        drift: {},
        unfinished: false,
    });
    const [domains, files, told, says] = await Promise.all([
        its.host.run("xl", "list"),
        its.files(guest),
        its.host.store(guest.name, "rumprun/cfg"),
        its.host.guestConsole(guest.name),
    ]);
    expect(domains.split("\n").filter((line) => line.startsWith(`${guest.name} `))).toHaveLength(1);
    expect(files).toEqual([expect.stringMatching(/^config-/), expect.stringMatching(/^kernel-/)]);
    expect(told).toBe(plan.boot.xenstore!.value);
    expect(says.match(/argv\[1\] .*/g)).toEqual([`argv[1] ${guest.args![0]}`]);
}

/**
 * Calls that are others than on KVM, or do other things. The short run is content with these, and for an update with
 * those in which a guest could run without its configuration: tests/integration/faults.test.ts and tests/faults/memory
 * go through the calls that all platforms have, and are killed before the first one.
 */
const CONFIGURES = ["domains.start", "dom0.xenstore", "domains.resume"];
const OWN = [...CONFIGURES, "dom0.rename", "dom0.remove", "files.put"];

/** By ssh, calls of a create and of a delete that are sent at once with others. The short run is content with OF_EACH. */
const AT_ONCE = {
    create: [
        "files.batch.putInEmpty",
        "files.batch.putGuarded",
        "domains.define",
        "domains.resumeMarked",
        "files.batch.removeGuard",
    ],
    delete: ["domains.undefine", "files.batch.removeAllUnless"],
};
const OF_EACH = ["files.batch.putInEmpty", "domains.define", "domains.resumeMarked", "domains.undefine"];

const pointsOf = (changes: string[], from = 0, own = OWN): Fault[] =>
    points(changes, from).filter(
        ({ when, change }) =>
            LONG || (when === "after" && own.includes(changes[change]!) && changes[change] !== changes[change + 1]),
    );

/** Goes through all points, and says where something was not as it should be. */
async function each(changes: string[], faults: Fault[], work: (fault: Fault) => Promise<void>): Promise<void> {
    const failed: string[] = [];
    for (const fault of faults)
        await work(fault).catch((error: unknown) => {
            failed.push(at(changes, fault, error));
        });
    expect(failed).toEqual([]);
}

/** An update there and back: what is now, and what is to come. */
function versions(): [PlanOptions, PlanOptions] {
    const guest = its.guest({ args: ["one"] });
    return [guest, { ...guest, args: ["two"] }];
}

/** Kills a create at each point, and deletes at theirs; the next run ends what each left. */
async function comesAndGoes(guest: PlanOptions, creates: string[], deletes: string[], own?: string[]): Promise<void> {
    const ends = pointsOf(deletes, 0, own);
    await each(creates, pointsOf(creates, 0, own), async (fault) => {
        await kill("create", guest, fault);
        await its.create(guest);
        await its.host.guestSays(guest.name, "test kernel ready");
        await expectGuest(guest);
        const end = ends.shift();
        if (end)
            await kill("delete", guest, end).catch((error: unknown) => {
                throw new Error(at(deletes, end, error));
            });
        await its.delete(guest);
        await its.expectNothing(guest);
    });
    expect(ends).toEqual([]);
}

const walks: Record<string, () => Promise<void>> = {
    "create and delete: the next run ends as if nothing had been": async () => {
        const [guest] = versions();
        const plan = await testPlan(guest);
        const creates = await changesOf((by) => by.create(plan, testContext()));
        const deletes = await changesOf((by) => by.delete(refOf(plan), plan.spec, testContext()));
        expect([creates, deletes]).toEqual([
            expect.arrayContaining([
                "files.put",
                "domains.define",
                "domains.start",
                "dom0.xenstore",
                "domains.resume",
                "domains.setMetadata",
                "dom0.rename",
            ]),
            expect.arrayContaining([
                "domains.destroy",
                "domains.undefine",
                "files.remove",
                "files.removeFolder",
                "dom0.remove",
            ]),
        ]);
        await comesAndGoes(guest, creates, deletes);
    },
    "create and delete by ssh, where calls are sent at once: the next run ends as if nothing had been": async () => {
        const guest = its.guest({
            args: ["one"],
            connection: its.host.sshUri,
            sshTarget: undefined,
            readiness: undefined,
        });
        const plan = await testPlan(guest);
        const creates = await changesOf((by) => by.create(plan, testContext()));
        const deletes = await changesOf((by) => by.delete(refOf(plan), plan.spec, testContext()));
        expect([creates, deletes]).toEqual([
            expect.arrayContaining(AT_ONCE.create),
            expect.arrayContaining(AT_ONCE.delete),
        ]);
        await comesAndGoes(guest, creates, deletes, OF_EACH);
    },
    "an update: the next run ends with the new guest": async () => {
        let [now, next] = versions();
        await its.create(now);
        const changes = await changesOf((by) => update(by, now, next));
        await each(changes, pointsOf(changes, 0, CONFIGURES), async (fault) => {
            [now, next] = [next, now];
            await kill("update", next, fault, now);
            await its.update(now, next);
            await expectGuest(next);
        });
        await its.delete(next);
    },
    "an update that goes back, from its start on: the next run ends with the new guest": async () => {
        let [now, next] = versions();
        const panics = { env: { TEST: "panic" } };
        await its.create(now);
        const changes = await changesOf((by) => goesBack(update(by, now, { ...next, ...panics })));
        // Until its start it is any other update.
        await each(changes, pointsOf(changes, changes.indexOf("domains.start"), CONFIGURES), async (fault) => {
            await kill("update", { ...next, ...panics }, fault, now);
            await its.update(now, next);
            await expectGuest(next);
            [now, next] = [next, now];
        });
        await its.delete(now);
    },
};

/** Two at once: where one waits for its process to begin, dom0 works for another. More of them, and a slow dom0 does not answer in time. */
const walking: Record<string, Promise<void>> = {};
beforeAll(async () => {
    its = await openXenLifecycle();
    const waiting = Object.entries(walks);
    const walkOn = async (): Promise<void> => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
            const [name, walk] = next;
            await (walking[name] = walk()).catch(() => undefined);
        }
    };
    await Promise.all([walkOn(), walkOn()]);
}, 1_800_000);
afterAll(() => its?.close());

const WHERE = LONG ? "before the first change and after each step" : "after each step of Xen's own (all: --long)";
test.each(Object.keys(walks))(`killed ${WHERE}, %s`, (name) => walking[name]);
