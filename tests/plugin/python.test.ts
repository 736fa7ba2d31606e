import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testKernel } from "../e2e/guests";
import { startLibvirtHost } from "../support/libvirtHost";

jest.setTimeout(240_000);

const repository = join(__dirname, "../..");

test("a Python program over the generated SDK: up with a provider of its own, preview, redeploy in place, destroy", async () => {
    const { execa } = await import("execa");
    const [{ engineEnv }, { pythonProgram }, { sdkGenerator }] = await Promise.all([
        import("../../tools/engine.mjs"),
        import("../../tools/python.mjs"),
        import("../../tools/setup/sdk.mjs"),
    ]);
    const host = await startLibvirtHost();
    const scratch = await mkdtemp(join(tmpdir(), "pulumi-unikernel-python-"));
    try {
        await mkdir(join(scratch, "state"));
        await execa(sdkGenerator(), [join(repository, "schema.json"), scratch]);
        const sdk = join(scratch, "python");
        // The SDK asks for its own version, which is known of an installed package alone.
        await execa(pythonProgram(), ["-c", "from setuptools import setup; setup()", "-q", "egg_info"], { cwd: sdk });
        const [file, ...words] = [...host.enter, pythonProgram(), join(__dirname, "programs/python/inline.py")];
        const { stdout } = await execa(file!, words, {
            timeout: 180_000,
            cwd: scratch,
            env: {
                ...host.env,
                PATH: `${join(repository, "bin")}:${engineEnv().PATH}`,
                PYTHONPATH: sdk,
                CONNECTION: host.uri,
                KERNEL: await testKernel(),
                PULUMI_HOME: join(scratch, "home"),
                PULUMI_BACKEND_URL: `file://${join(scratch, "state")}`,
                PULUMI_CONFIG_PASSPHRASE: "tests",
                PULUMI_SKIP_UPDATE_CHECK: "true",
            },
        });
        const seen = JSON.parse(stdout) as { first: { uuid: string } };
        expect(seen).toEqual({
            first: {
                uuid: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
                states: ["running", "running"],
                addresses: ["127.0.0.1"],
            },
            same: { same: 5 },
            preview: { same: 3, update: 2 },
            lines: ["restart: env.GREETING, /data/index.html"],
            again: seen.first.uuid,
            updated: { same: 3, update: 2 },
            leaks: false,
            destroyed: { delete: 5 },
        });
        expect(await host.virsh("list", "--all", "--name")).toBe("");
    } finally {
        await rm(scratch, { recursive: true, force: true });
        await host.close();
    }
});
