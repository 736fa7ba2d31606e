import { readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createBackends } from "../../backends";
import { openHost } from "../../backends/libvirt";
import { noteOwner } from "../../core/identityOwners";
import { runAndKill } from "../support/killed";
import { type GuestOptions, type Lifecycle, openLifecycle } from "../support/lifecycle";
import { alice, type PlanOptions, testPlan } from "../support/plans";
import { capture } from "../support/processes";
import { HANG_MS } from "../support/time";
import { byVolumes } from "../support/volumes";

jest.setTimeout(900_000);

const main = resolve(__dirname, "../../dist/cli/main.js");
const NETWORK = "lan";

let its: Lifecycle;
let seed: string;
beforeAll(async () => {
    its = await openLifecycle();
    await its.host.defineNatNetwork(NETWORK, { subnet: "10.66.0", isolated: true });
    seed = join(its.host.folder, "data.img");
    writeFileSync(seed, Buffer.alloc(1 << 20));
});
afterAll(() => its.close());

interface Found {
    kind: string;
    verdict: string;
    what: string;
    uuid?: string;
    data: string[];
    removed: boolean;
    stays?: string[];
    error?: string;
}

async function sweep(...words: string[]): Promise<{ code: number; leftovers: Found[]; text: string }> {
    const { code, stdout, stderr } = await capture(
        process.execPath,
        [main, "sweep", "--connection", its.host.uri, ...words],
        { env: its.host.env, timeout: HANG_MS },
    );
    return {
        code: code ?? -1,
        leftovers: words.includes("--json") && stdout.startsWith("{") ? JSON.parse(stdout).leftovers : [],
        text: stdout + stderr,
    };
}

/** A state file as `pulumi stack export` writes it, of the stack that testPlan's guests are of. */
async function stateFile(name: string, guests: PlanOptions[], stack = "test", more: object[] = []): Promise<string> {
    const path = join(its.host.folder, `${name}.json`);
    const plans = await Promise.all(guests.map((guest) => testPlan(guest)));
    const resources = [
        { urn: `urn:pulumi:${stack}::lifecycle::pulumi:pulumi:Stack::lifecycle-${stack}`, type: "pulumi:pulumi:Stack" },
        ...plans.map(({ spec: { urn, uuid, interfaces } }) => ({
            urn,
            type: "unikernel:index:Unikernel",
            id: uuid,
            outputs: { uuid, interfaces },
        })),
        ...more,
    ];
    writeFileSync(path, JSON.stringify({ version: 3, deployment: { resources } }));
    return path;
}

/** A create whose process was killed after its nth change, counted from 0. */
async function killed(change: number, options: GuestOptions): Promise<PlanOptions & { uuid: string }> {
    const guest = its.guest(options);
    await runAndKill(
        { operation: "create", guest, fault: { change, when: "after" } },
        { PULUMI_UNIKERNEL_DIR: its.host.env.PULUMI_UNIKERNEL_DIR },
    );
    return { ...guest, uuid: (await testPlan(guest)).spec.uuid };
}

const byUuid = (found: Found[], { uuid }: { uuid: string }): Found | undefined =>
    found.find((one) => one.uuid === uuid);

test("what killed creates left is listed, and removed only with a state that names its stack; data only by name", async () => {
    const early = await killed(1, { name: "early" });
    const persist = {
        blocks: [{ path: seed, access: "persist" as const }],
        interfaces: [{ mac: "52:54:00:00:66:01", attach: { network: NETWORK }, ipv4: { reserve: "10.66.0.20" } }],
    };
    // The claim; kernel, configuration and disk; the definition; the reservation.
    const late = await killed(5, { name: "late", ...persist });
    const other = await killed(4, {
        name: "other",
        urn: "urn:pulumi:other::lifecycle::pulumi-unikernel:index:Unikernel::other",
        blocks: persist.blocks,
    });
    const [known, whole] = [its.guest({ name: "known" }), its.guest({ name: "whole" })];
    await its.create(known);
    await its.create(whole);
    const wholeUuid = (await testPlan(whole)).spec.uuid;
    const before = { known: await its.process(known), whole: await its.process(whole) };
    const state = await stateFile("test", [known]);
    const all = async (): Promise<object> => ({
        domains: await its.host.virsh("list", "--all"),
        network: await its.host.virsh("net-dumpxml", NETWORK),
        folders: readdirSync(its.host.env.PULUMI_UNIKERNEL_DIR).sort(),
    });
    const seen = await all();
    expect(await its.host.virsh("dumpxml", "late")).toMatch(/phase=.creating./);
    expect(await its.host.virsh("net-dumpxml", NETWORK)).toContain("52:54:00:00:66:01");

    // Without a state, nothing is known to be left; nothing is changed.
    const unknown = await sweep("--json");
    expect(unknown.code).toBe(0);
    for (const guest of [early, late, other])
        expect(byUuid(unknown.leftovers, guest)).toMatchObject({ verdict: "unknown", removed: false });
    expect(byUuid(unknown.leftovers, { uuid: wholeUuid })).toBeUndefined();
    // Without --yes, it is said.
    const listed = await sweep("--json", "--state", state);
    expect(byUuid(listed.leftovers, early)).toMatchObject({ kind: "folder", verdict: "left" });
    expect(byUuid(listed.leftovers, late)).toMatchObject({
        kind: "domain",
        verdict: "left",
        data: [expect.stringMatching(/\.persist\.img$/)],
    });
    expect(byUuid(listed.leftovers, other)).toMatchObject({ verdict: "unknown" });
    expect(byUuid(listed.leftovers, { uuid: wholeUuid })).toMatchObject({ verdict: "kept" });
    expect(byUuid(listed.leftovers, { uuid: (await testPlan(known)).spec.uuid })).toBeUndefined();
    const text = await sweep("--dry-run", "--state", state);
    expect(text.text).toMatch(/domain late .*creating, of lifecycle\/test "late"[^]*Nothing was removed/);
    expect((await sweep("--yes")).code).toBe(2);
    expect(await all()).toEqual(seen);
    // Of another stack's state, nothing of this one is removed.
    const elsewhere = await sweep("--json", "--yes", "--state", await stateFile("elsewhere", [], "elsewhere"));
    expect(elsewhere.leftovers.filter(({ removed }) => removed)).toEqual([]);
    expect(await all()).toEqual(seen);

    const removed = await sweep("--json", "--yes", "--state", state);
    expect(removed.code).toBe(0);
    expect(byUuid(removed.leftovers, late)).toMatchObject({
        removed: true,
        stays: [expect.stringMatching(/\.persist\.img$/)],
    });
    await its.expectNothing(early);
    expect(await its.host.virsh("list", "--all", "--name")).not.toMatch(/^late$/m);
    expect(await its.host.virsh("net-dumpxml", NETWORK)).not.toContain("52:54:00:00:66:01");
    expect(await its.files(late)).toEqual([expect.stringMatching(/\.persist\.img$/)]);
    const last = await sweep("--json", "--yes", "--delete-data", "--state", state);
    expect(byUuid(last.leftovers, late)).toMatchObject({ kind: "folder", removed: true, stays: [] });
    await its.expectNothing(late);
    // What is whole, in state, or another stack's runs on as before.
    expect({ known: await its.process(known), whole: await its.process(whole) }).toEqual(before);
    expect(await its.host.virsh("dumpxml", "other")).toMatch(/phase=.creating./);
    await its.create(other);
});

test("reservations without a domain: of an interface that no unikernel in state has; others are listed or left out, and stay", async () => {
    const guest = (name: string, digit: number): GuestOptions => ({
        name,
        interfaces: [
            { mac: `52:54:00:00:66:a${digit}`, attach: { network: NETWORK }, ipv4: { reserve: `10.66.0.3${digit}` } },
        ],
    });
    const urn = (stack: string): string => `urn:pulumi:${stack}::lifecycle::unikernel:index:NetworkInterface::eth`;
    const [idle, others] = [its.guest(guest("idle", 1)), its.guest(guest("others", 2))];
    for (const one of [idle, others]) {
        await its.create(one);
        await its.host.virsh("destroy", one.name);
        await its.host.virsh("undefine", one.name);
    }
    await its.host.virsh(
        "net-update",
        NETWORK,
        "add-last",
        "ip-dhcp-host",
        "<host mac='52:54:00:00:66:a3' ip='10.66.0.33'/>",
        "--live",
        "--config",
    );
    await noteOwner("52:54:00:00:66:a2", urn("elsewhere"));
    const state = await stateFile("idle", [], "test", [
        {
            urn: urn("test"),
            type: "unikernel:index:NetworkInterface",
            id: "eth",
            outputs: { mac: "52:54:00:00:66:a1" },
        },
    ]);
    const { code, leftovers } = await sweep("--json", "--yes", "--state", state);
    expect(code).toBe(0);
    const found = leftovers
        .filter(({ kind }) => kind === "reservation")
        .map(({ verdict, what, removed }) => [verdict, what, removed])
        .sort();
    expect(found).toEqual([
        ["left", `reservation of 10.66.0.31 for 52:54:00:00:66:a1 on network ${NETWORK}`, true],
        ["unknown", `reservation of 10.66.0.32 for 52:54:00:00:66:a2 on network ${NETWORK}`, false],
    ]);
    const network = await its.host.virsh("net-dumpxml", NETWORK);
    expect([1, 2, 3].map((digit) => network.includes(`52:54:00:00:66:a${digit}`))).toEqual([false, true, true]);
});

test("where files go by storage volumes, folders without a domain are seen and swept, and no pool stays", async () => {
    const guest = await killed(1, { name: "volumes" });
    const opened = await openHost(its.host.uri);
    const kvm = createBackends(async () => byVolumes(opened, its.host)).kvm!;
    const seen = await Promise.all([1, 2, 3].map(() => kvm.leftovers!(its.host.uri, alice)));
    const folders = seen.map((one) => one.folders?.find(({ uuid }) => uuid === guest.uuid));
    expect(folders[0]).toMatchObject({
        urn: expect.stringContaining("::volumes") as string,
        abandoned: true,
        data: [],
    });
    expect(folders).toEqual([folders[0], folders[0], folders[0]]);
    expect(await kvm.sweep!(its.host.uri, folders[0]!, { deleteData: false })).toEqual([]);
    await its.expectNothing(guest);
    expect(await its.host.virsh("pool-list", "--all", "--name")).not.toContain("folders");
    expect(await its.host.virsh("pool-list", "--all", "--name")).not.toContain(guest.uuid);
});

test("a create that is at work is left alone", async () => {
    const guest = its.guest({ name: "busy", readiness: { console: "it never says", timeout: 20 } });
    const state = await stateFile("busy", []);
    const work = its.create(guest).catch((error: unknown) => error);
    const {
        spec: { uuid },
    } = await testPlan(guest);
    for (let tries = 0; tries < 200 && !(await its.host.virsh("list", "--name")).includes("busy"); tries++)
        await new Promise((go) => setTimeout(go, 100));
    const { leftovers } = await sweep("--json", "--yes", "--state", state);
    expect(byUuid(leftovers, { uuid })).toMatchObject({ verdict: "busy", removed: false });
    expect(String(await work)).toMatch(/it never says|not ready/);
});

// Other documents that are no state: tests/unit/core/view.test.ts.
test("a state file of a stack without resources is refused, with how to name the stack", async () => {
    const path = join(its.host.folder, "wrong.json");
    writeFileSync(path, JSON.stringify({ version: 3, deployment: {} }));
    const { code, text } = await sweep("--yes", "--state", path);
    expect(code).toBe(1);
    expect(text).toMatch(/names no project and stack\n.*PROJECT\/STACK=/);
});
