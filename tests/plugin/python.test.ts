import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testKernel } from "../e2e/guests";
import { startLibvirtHost } from "../support/libvirtHost";

jest.setTimeout(240_000);

test("a Python program through the Automation API: up, preview, redeploy in place, destroy", async () => {
    const { execa } = await import("execa");
    const { engineEnv } = await import("../../tools/engine.mjs");
    const { pythonProgram } = await import("../../tools/python.mjs");
    const host = await startLibvirtHost();
    const scratch = await mkdtemp(join(tmpdir(), "pulumi-unikernel-python-"));
    try {
        await mkdir(join(scratch, "state"));
        const [file, ...words] = [...host.enter, pythonProgram(), join(__dirname, "programs/python/inline.py")];
        const { stdout } = await execa(file!, words, { timeout: 180_000, cwd: scratch, env: {
            ...host.env, PATH: `${join(__dirname, "../../bin")}:${engineEnv().PATH}`, CONNECTION: host.uri, KERNEL: await testKernel(),
            PULUMI_HOME: join(scratch, "home"), PULUMI_BACKEND_URL: `file://${join(scratch, "state")}`, PULUMI_CONFIG_PASSPHRASE: "tests", PULUMI_SKIP_UPDATE_CHECK: "true",
            PULUMI_DEBUG_COMMANDS: "true",
        } });
        const seen = JSON.parse(stdout) as { uuid: string };
        expect(seen).toEqual({
            first: { uuid: seen.uuid, state: "running" }, same: { same: 4 },
            preview: { same: 2, update: 2 }, lines: ["restart: env.GREETING, /data/index.html"],
            uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string, again: seen.uuid, updated: { same: 2, update: 2 },
            leaks: false, destroyed: { delete: 4 },
        });
        expect(await host.virsh("list", "--all", "--name")).toBe("");
    } finally {
        await rm(scratch, { recursive: true, force: true });
        await host.close();
    }
});
