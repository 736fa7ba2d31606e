import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import type { StepResult } from "../../selftest";
import { sourceOf } from "../../selftest/kernels";
import { NAME_PREFIX } from "../../selftest/subject";
import { capture } from "../support/processes";
import { startXenHost, type XenHost } from "../support/xenHost";

// Only a hang takes as long.
const LIMIT = 1_800_000;
jest.setTimeout(LIMIT + 60_000);

const main = resolve(__dirname, "../../dist/cli/main.js");

let host: XenHost;
let cache: string;
beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), "pulumi-unikernel-selftest-cache-"));
    host = await startXenHost();
}, 900_000);
afterAll(async () => {
    await host?.stop();
    await rm(cache, { recursive: true, force: true });
});

const selftest = (connection: string) =>
    capture(process.execPath, [main, "selftest", "--connection", connection, "--kills", "1", "--json"], {
        env: { ...(process.env as Record<string, string>), XDG_CACHE_HOME: cache },
        timeout: LIMIT,
    });

/** Whatever is selftest's in libvirt, in its pools, in guests' folders and among consoles. */
const left = (): Promise<string> =>
    host.run(
        "sh",
        "-c",
        `virsh -q list --all --name; virsh -q pool-list --all --name; ls -d /var/lib/pulumi-unikernel/* /var/log/xen/console/guest-${NAME_PREFIX}* 2>/dev/null; true`,
    );

test("the kernel for Xen is built from the present sources; node tools/selftest-kernels.mjs builds another", async () => {
    expect(sourceOf("xen")).toBe(await (await import("../../tools/selftest-kernels.mjs")).sourceOf("xen"));
});

test("all holds on a Xen host, by ssh, and nothing is left there", async () => {
    const before = await left();
    const { code, stdout, stderr } = await selftest(host.sshUri);
    const { steps } = JSON.parse(stdout) as { steps: StepResult[] };
    expect({ code, stderr, steps: steps.filter(({ status }) => status !== "held") }).toEqual({
        code: 0,
        stderr: "",
        steps: [],
    });
    expect(steps.find(({ id }) => id === "create")!.found).toContain(
        "runs under Xen, got its secret, and has no reservation",
    );
    expect(steps.map(({ kills = 0 }) => kills).reduce((sum, kills) => sum + kills)).toBeGreaterThanOrEqual(4);
    expect(await left()).toBe(before);
});
