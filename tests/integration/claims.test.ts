import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createBackends } from "../../backends";
import { openHost } from "../../backends/libvirt";
import type { ClaimJob } from "../support/claimChild";
import { recording, watch } from "../support/faults";
import { LONG, runAndKill } from "../support/killed";
import { type Lifecycle, openLifecycle } from "../support/lifecycle";
import { type PlanOptions, refOf, testContext, testPlan } from "../support/plans";
import { capture } from "../support/processes";
import { byVolumes } from "../support/volumes";

jest.setTimeout(900_000);

const changes: string[] = [];
let its: Lifecycle;
/** Whether the files of this process go by storage volumes. */
let volumes = false;
beforeAll(async () => {
    its = await openLifecycle({ wrap: (host) => recording(volumes ? byVolumes(host, its.host) : host, changes) });
});
afterEach(() => {
    volumes = false;
});
afterAll(() => its.close());

/** Both processes have their user's cache: what keeps them apart is on the host. @returns what it wrote to its standard error */
function start(job: ClaimJob): Promise<string> {
    const words = [
        "-r",
        join(__dirname, "../support/typescript.cjs"),
        join(__dirname, "../support/claimChild.ts"),
        JSON.stringify(job),
    ];
    return capture(process.execPath, words, {
        env: { PULUMI_UNIKERNEL_DIR: its.host.env.PULUMI_UNIKERNEL_DIR },
        timeout: 300_000,
    }).then(({ stderr }) => stderr);
}

/** Wait for a sign of the other process, unless it ends first. */
async function sign(path: string, other: Promise<string>): Promise<string> {
    let ended: string | undefined;
    void other.then(
        (stderr) => {
            ended = stderr;
        },
        (error: unknown) => {
            ended = String(error);
        },
    );
    while (!existsSync(path)) {
        if (ended !== undefined && !existsSync(path)) throw new Error(`the other process ended: ${ended}`);
        await new Promise((go) => setTimeout(go, 20));
    }
    return readFileSync(path, "utf8");
}

async function holderOf(guest: PlanOptions): Promise<string[]> {
    return (await its.host.virsh("list", "--name")).split("\n").filter((name) => name === guest.name);
}

/** The calls of a create that change something. */
async function stepsOf(guest: PlanOptions): Promise<string[]> {
    changes.splice(0);
    await its.create(guest);
    const steps = [...changes];
    await its.delete(guest);
    return steps;
}

/** A claim of a process on another machine. */
async function claimElsewhere(guest: PlanOptions, until: string): Promise<void> {
    const {
        spec: { urn },
    } = await testPlan(guest);
    writeFileSync(
        join(await its.folder(guest), "claim.json"),
        JSON.stringify({ token: "0123", urn, owner: "other~1234abcd~1234abcd~4026531836~7~7~0", until }),
    );
}

const KINDS = LONG ? "each" : "the first of each kind (each: --long)";
const FUTURE = "2999-01-01T00:00:00Z",
    PAST = "2001-01-01T00:00:00Z";

test.each([
    ["local files", false],
    ["storage volumes", true],
])(
    `two creates of one URN at once over %s, the first stopped before ${KINDS} of its changes: one makes the guest, the other changes nothing`,
    async (_way, byVolume) => {
        volumes = byVolume;
        const prefix = byVolume ? "volume" : "local";
        const steps = await stepsOf(its.guest({ name: `${prefix}-whole` }));
        expect(steps[0]).toBe("files.putNew");
        // Before and after the claim, and before each kind of call. Volumes differ in how the claim is made only.
        const stops = [...steps.keys()].filter(
            (change) =>
                change < 2 ||
                steps[change] === "domains.define" ||
                (!byVolume && (LONG || steps.indexOf(steps[change]!) === change)),
        );
        const jobs = stops.map((change) => ({ guest: its.guest({ name: `${prefix}${change}` }), change }));
        const signs = mkdtempSync(join(its.host.folder, prefix));
        const other = start({ jobs, signs, volumes: byVolume ? its.host.env.PULUMI_UNIKERNEL_DIR : undefined });
        for (const { guest, change } of jobs) {
            const step = steps[change];
            await sign(join(signs, `reached-${change}`), other);
            const second = await its.create(guest).then(
                ({ state }) => ({ state, error: "" }),
                (error: Error) => ({ state: undefined, error: error.message }),
            );
            const process = (await holderOf(guest)).length > 0 ? await its.process(guest) : "";
            writeFileSync(join(signs, `go-${change}`), "");
            const one = JSON.parse(await sign(join(signs, `ended-${change}`), other)) as {
                state?: string;
                error?: string;
            };
            const outcome = {
                step,
                won: [one.state, second.state].filter(Boolean),
                lost: [one.error, second.error].filter(Boolean),
            };
            expect(outcome).toEqual({
                step,
                won: ["running"],
                lost: [expect.stringMatching(/is being made by|not in this stack's state/)],
            });
            // Who came first to its claim has the guest, and no restart came from the other.
            if (second.state && process) expect(await its.process(guest)).toBe(process);
            expect(await holderOf(guest)).toEqual([guest.name]);
            expect((await its.files(guest)).filter((name) => name === "claim.json")).toEqual([]);
            await its.delete(guest);
            await its.expectNothing(guest);
        }
        await other;
    },
);

test("the claim of a process that was killed ends with it", async () => {
    const guest = its.guest({ name: "dead" });
    await runAndKill(
        { operation: "create", guest, fault: { change: 0, when: "after" } },
        { PULUMI_UNIKERNEL_DIR: its.host.env.PULUMI_UNIKERNEL_DIR },
    );
    expect(await its.files(guest)).toEqual(["claim.json"]);
    expect(await its.create(guest)).toMatchObject({ state: "running" });
    expect(await its.files(guest)).not.toContain("claim.json");
});

test.each([
    ["local files", false],
    ["storage volumes", true],
])("a claim that a power cut has emptied does not block its guest, over %s", async (_, byVolume) => {
    volumes = byVolume;
    const guest = its.guest({ name: `emptied${Number(byVolume)}` });
    mkdirSync(await its.folder(guest), { recursive: true });
    writeFileSync(join(await its.folder(guest), "claim.json"), "");
    expect((await its.create(guest)).state).toBe("running");
    expect(await its.files(guest)).not.toContain("claim.json");
    await its.delete(guest);
});

test("the claim of a process on another machine holds until its time is over: for a create, and for who has the guest in state", async () => {
    const guest = its.guest({ name: "elsewhere" });
    await its.create(guest);
    const process = await its.process(guest);
    const busy = { code: "in-use", message: expect.stringMatching(/process 7 on other/) as string };
    await claimElsewhere(guest, FUTURE);
    await expect(its.update(guest, { ...guest, args: ["other"] })).rejects.toMatchObject(busy);
    await expect(its.delete(guest)).rejects.toMatchObject(busy);
    expect(await its.process(guest)).toBe(process);
    await claimElsewhere(guest, PAST);
    await its.update(guest, guest);
    expect([await its.process(guest), (await its.files(guest)).includes("claim.json")]).toEqual([process, false]);
    await claimElsewhere(guest, PAST);
    await its.delete(guest);
    await its.expectNothing(guest);

    const {
        spec: { uuid },
    } = await testPlan(guest);
    await (await openHost(its.host.uri)).files.put(uuid, "readme", [{ bytes: Buffer.from("") }], { mode: 0o644 });
    await claimElsewhere(guest, FUTURE);
    await expect(its.create(guest)).rejects.toMatchObject(busy);
    const left = (await its.backend.leftovers!(its.host.uri, testContext().creator)).folders?.find(
        (folder) => folder.uuid === uuid,
    );
    await expect(its.backend.sweep!(its.host.uri, left!, { deleteData: true })).rejects.toMatchObject({
        code: "in-use",
    });
    expect(await its.files(guest)).toEqual(["claim.json", "readme"]);
    await claimElsewhere(guest, PAST);
    expect(await its.create(guest)).toMatchObject({ state: "running" });
    expect(await its.files(guest)).not.toContain("claim.json");
});

test("a create that lost its claim while it was held up stops there, and takes nothing back of what is another's now", async () => {
    const steps = await stepsOf(its.guest({ name: "lost-whole" }));
    const last = steps.lastIndexOf("domains.setMetadata");
    for (let lost = 1; lost < last; lost++) {
        if (!LONG && steps.indexOf(steps[lost]!) !== lost) continue;
        const guest = its.guest({ name: `lost${lost}` });
        const after: string[] = [];
        let count = 0;
        const { kvm } = createBackends(async (uri) =>
            watch(await openHost(uri), async (name, call) => {
                if (count++ === lost) await claimElsewhere(guest, FUTURE);
                else if (count > lost + 1) after.push(name);
                return call();
            }),
        );
        await expect(kvm!.create(await testPlan(guest), testContext())).rejects.toThrow(
            /claim to guest .* process 7 on other has it/,
        );
        // Files that are copied at the same time end first. Then only its own folder is looked after, which is not empty.
        expect({ step: steps[lost], after: after.filter((name) => name !== "files.put") }).toEqual({
            step: steps[lost],
            after: ["files.removeFolder"],
        });
        expect(readFileSync(join(await its.folder(guest), "claim.json"), "utf8")).toContain("0123");
        await claimElsewhere(guest, PAST);
        await its.delete(guest);
        await its.expectNothing(guest);
    }
});

test("what another run has defined since is not started", async () => {
    const guest = its.guest({ name: "redefined" });
    const kvm = createBackends(async (uri) => {
        const host = await openHost(uri);
        return watch(host, async (name, call, [xml]) => {
            await call();
            if (name === "domains.define")
                await host.domains.define(String(xml).replace(/claim="[0-9a-f]+"/, 'claim="0123"'));
            return true;
        });
    }).kvm!;
    await expect(kvm.create(await testPlan(guest), testContext())).rejects.toThrow(
        /another run has defined the guest since/,
    );
    const plan = await testPlan(guest);
    expect(await its.host.virsh("domstate", guest.name)).toMatch(/shut off/);
    await kvm.delete(refOf(plan), plan.spec, testContext());
    await its.expectNothing(guest);
});
