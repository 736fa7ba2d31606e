import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testKernel } from "../e2e/guests";
import { withStack } from "../support/engine";
import { startLibvirtHost } from "../support/libvirtHost";

jest.setTimeout(240_000);

const repository = join(__dirname, "../..");

/** Generated and compiled, as its users do it. @returns the folder of the package */
async function makeSdk(folder: string): Promise<string> {
    const { execa } = await import("execa");
    const { sdkGenerator } = await import("../../tools/setup/sdk.mjs");
    await execa(sdkGenerator(), [join(repository, "schema.json"), folder]);
    const sdk = join(folder, "nodejs");
    await symlink(join(repository, "node_modules"), join(sdk, "node_modules"));
    await execa(process.execPath, [require.resolve("typescript/lib/tsc.js"), "-p", ".", "--outDir", "."], { cwd: sdk });
    return sdk;
}

test("a TypeScript program over the generated SDK: up, a limit of its provider, redeploy in place, destroy", async () => {
    const host = await startLibvirtHost();
    const folder = await mkdtemp(join(tmpdir(), "pulumi-unikernel-typescript-"));
    try {
        const sdk = await makeSdk(folder);
        const config = { connection: host.uri, kernel: await testKernel(), greeting: "hello", limit: "16" };
        await withStack(
            "tests/plugin/programs/typescript",
            "typescript",
            async (stack) => {
                await symlink(sdk, join(stack.folder, "node_modules/pulumi-unikernel-sdk"));
                expect((await stack.up()).changes).toEqual({ create: 6 });
                const { uuids, seen } = await stack.outputs<{ uuids: string[]; seen: string }>();
                expect(seen).toBe("running");
                expect(await Promise.all(uuids.map((uuid) => host.virsh("domstate", uuid)))).toEqual([
                    "running",
                    "running",
                ]);
                expect((await stack.up()).changes).toEqual({ same: 6 });

                await stack.config("greeting", "good day");
                expect((await stack.up()).changes).toEqual({ same: 4, update: 2 });
                expect((await stack.outputs<{ uuids: string[] }>()).uuids).toEqual(uuids);
                await stack.config("limit", "8");
                expect((await stack.preview({ fails: true })).text).toMatch(/memory.*16 MiB.*8|memory.*8 MiB/);
            },
            { enter: host.enter, env: { ...host.env }, config },
        );
        expect(await host.virsh("list", "--all", "--name")).toBe("");
    } finally {
        await rm(folder, { recursive: true, force: true });
        await host.close();
    }
});
