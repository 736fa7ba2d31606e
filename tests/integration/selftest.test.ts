import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import type { StepResult } from "../../selftest";
import { NAME_PREFIX } from "../../selftest/subject";
import { LONG } from "../support/killed";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { outside } from "../support/outside";
import { capture, type ExecResult } from "../support/processes";
import { tinyDomain } from "../support/tinyDomain";

jest.setTimeout(900_000);

const main = resolve(__dirname, "../../dist/cli/main.js");
const NETWORK = "lan";
const STEPS = [
    "before",
    "create",
    "unchanged",
    "live",
    "data",
    "update",
    "rollback",
    "ended",
    "killed-rollbacks",
    "destroy",
    "killed-updates",
    "killed-creates",
    "left",
];

let host: LibvirtHost;
let env: Record<string, string>;
beforeAll(async () => {
    host = await startLibvirtHost();
    await host.defineNatNetwork(NETWORK, { subnet: "10.68.0", isolated: true });
    // Folders of its own: what is left in them, it left.
    const own = {
        TMPDIR: join(host.folder, "selftest-tmp"),
        XDG_CACHE_HOME: join(host.folder, "selftest-cache"),
        XDG_DATA_HOME: join(host.folder, "selftest-data"),
    };
    for (const folder of [...Object.values(own), host.env.PULUMI_UNIKERNEL_DIR])
        await mkdir(folder, { mode: 0o711, recursive: true });
    env = { ...(process.env as Record<string, string>), ...host.env, ...own };
});
afterAll(() => host?.close());

const args = (...options: string[]): string[] => [
    main,
    "selftest",
    "--connection",
    host.uri,
    "--accelerator",
    "tcg",
    ...options,
];
const selftest = (...options: string[]): Promise<ExecResult> =>
    capture(process.execPath, args(...options), { env, timeout: 500_000 });

/** Whatever a run made is gone, here and on the host. */
async function expectNothing(): Promise<void> {
    expect(await outside(host, NETWORK)).toEqual({ domains: {}, processes: [], files: {}, reservations: [] });
    expect([...readdirSync(env.TMPDIR!), ...readdirSync(env.XDG_DATA_HOME!)]).toEqual([]);
    expect(
        readdirSync(join(env.XDG_CACHE_HOME!), { recursive: true }).filter((name) => String(name).endsWith(".json")),
    ).toEqual([]);
}

/** Starts a run, and sends it a signal when a step was printed. */
async function interrupt(step: string, signal: NodeJS.Signals): Promise<{ code: number | null; said: string }> {
    const child = spawn(process.execPath, args(), { env, stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    let sent = false;
    for (const stream of [child.stdout, child.stderr])
        stream.on("data", (data: Buffer) => {
            said += data.toString();
            if (!sent && said.includes(step)) sent = child.kill(signal);
        });
    const ended = new Promise<number | null>((resolve) => {
        child.once("close", resolve);
    });
    return { code: await ended, said };
}

test("all holds on a host of KVM's, its worker killed, and nothing is left", async () => {
    const { code, stdout, stderr } = await selftest("--json", ...(LONG ? [] : ["--kills", "1"]));
    const { held, steps } = JSON.parse(stdout) as { held: boolean; steps: StepResult[] };
    expect(steps.filter(({ status }) => status !== "held")).toEqual([]);
    expect({ code, held, stderr, ids: steps.map(({ id }) => id).sort() }).toEqual({
        code: 0,
        held: true,
        stderr: "",
        ids: [...STEPS].sort(),
    });
    const by = Object.fromEntries(steps.map((step) => [step.id, step]));
    expect(by.create!.found).toContain(`under emulation, got its secret, and network ${NETWORK} reserves 10.68.0.254`);
    for (const [id, least] of [
        ["killed-creates", 2],
        ["killed-updates", 1],
        ["killed-rollbacks", 1],
    ] as const)
        expect(by[id]!.kills).toBeGreaterThanOrEqual(least);
    await expectNothing();
});

test("interrupted, it says so by its exit code and leaves nothing", async () => {
    const { code, said } = await interrupt("held    what was there before", "SIGINT");
    expect({ code, said }).toEqual({
        code: 130,
        said: expect.stringContaining("SIGINT: removing what was made, then ending") as string,
    });
    await expectNothing();
});

test("after a selftest that was killed, the next one removes its remains; interrupted, it removes its own guests too; a stranger's domain stays", async () => {
    const stranger = `${NAME_PREFIX}0000000-web`;
    const file = join(host.folder, "stranger.xml");
    await writeFile(file, tinyDomain({ name: stranger }));
    await host.virsh("define", file);
    const { said } = await interrupt("held    create", "SIGKILL");
    expect(Object.keys((await outside(host, NETWORK)).domains)).not.toEqual([stranger]);
    const next = await interrupt("held    create", "SIGTERM");
    expect({ before: said, ...next }).toEqual({
        before: expect.stringContaining("an earlier run left nothing") as string,
        code: 143,
        said: expect.stringContaining("removed what 1 earlier run left") as string,
    });
    expect(Object.keys((await outside(host, NETWORK)).domains)).toEqual([stranger]);
    await host.virsh("undefine", stranger);
    await expectNothing();
});

test("what does not hold is told, with exit code 1, and what needs it is not tried", async () => {
    // QEMU's user may not pass the folder above; libvirt does not always hear why QEMU ended.
    const closed = join(host.folder, "closed");
    await mkdir(closed, { mode: 0o700 });
    const away = { ...env, PULUMI_UNIKERNEL_DIR: join(closed, "guests") };
    const { code, stdout } = await capture(process.execPath, args(), { env: away, timeout: 120_000 });
    expect({ code, stdout }).toEqual({
        code: 1,
        stdout: expect.stringMatching(/^FAILED {2}create .*(QEMU may not open|closed the monitor)/m) as string,
    });
    expect(stdout).toMatch(/^- .*updated .*not tried, because of "create"/m);
    expect(stdout).toMatch(/^2 of 13 held, with 0 kills: see the failures above$/m);
    // The folder of all guests was not there before.
    expect(readdirSync(closed)).toEqual([]);
    await expectNothing();
});
