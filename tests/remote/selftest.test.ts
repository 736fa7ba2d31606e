import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";

import type { StepResult } from "../../selftest";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { outside } from "../support/outside";
import { capture } from "../support/processes";
import { ownMounts, type Sshd, startSshd } from "../support/sshd";

jest.setTimeout(900_000);

const main = resolve(__dirname, "../../dist/cli/main.js");
const NETWORK = "lan";

let host: LibvirtHost;
let sshd: Sshd;
beforeAll(async () => {
    host = await startLibvirtHost();
    await host.defineNatNetwork(NETWORK, { subnet: "10.69.0", isolated: true });
    // libvirt's own helper on the far side looks for the daemon where it always is.
    sshd = await startSshd({
        enter: ownMounts('mkdir -p /run/libvirt; mount --bind "$1" /run/libvirt', join(host.folder, "sock")),
    });
    await mkdir(host.env.PULUMI_UNIKERNEL_DIR, { recursive: true });
});
afterAll(async () => {
    await sshd?.close();
    await host?.close();
});

test("all holds on a host that is reached by ssh, and nothing is left there", async () => {
    const { code, stdout, stderr } = await capture(
        process.execPath,
        [main, "selftest", "--connection", sshd.uri(), "--accelerator", "tcg", "--kills", "1", "--json"],
        {
            env: {
                ...(process.env as Record<string, string>),
                ...host.env,
                XDG_CACHE_HOME: join(host.folder, "selftest-cache"),
            },
            timeout: 500_000,
        },
    );
    const { steps } = JSON.parse(stdout) as { steps: StepResult[] };
    expect({ code, stderr, steps: steps.filter(({ status }) => status !== "held") }).toEqual({
        code: 0,
        stderr: "",
        steps: [],
    });
    expect(steps.map(({ kills = 0 }) => kills).reduce((sum, kills) => sum + kills)).toBeGreaterThanOrEqual(4);
    expect(await outside(host, NETWORK)).toEqual({ domains: {}, processes: [], files: {}, reservations: [] });
});
