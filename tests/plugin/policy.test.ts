import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { testKernel } from "../e2e/guests";
import { withStack } from "../support/engine";
import type { By } from "./either";

const repository = resolve(__dirname, "../..");
jest.setTimeout(900_000);

/** The example, beside the two packages that `npm install` would put there. */
async function policyPack(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "pulumi-unikernel-policy-"));
    await cp(join(repository, "examples/policy-memory"), folder, {
        recursive: true,
        filter: (file) => !file.endsWith("node_modules"),
    });
    await mkdir(join(folder, "node_modules"));
    await symlink(join(repository, "node_modules/@pulumi"), join(folder, "node_modules/@pulumi"));
    return folder;
}

let pack: string;
beforeAll(async () => {
    pack = await policyPack();
});
afterAll(() => rm(pack, { recursive: true, force: true }));

test.each<By>(["dynamic", "plugin"])("a guest over 256 MiB is refused before anything is made, by %s", async (by) => {
    const config = { connection: "qemu:///system", kernel: await testKernel() };
    await withStack(
        "tests/plugin/programs/either",
        `policy-${by}`,
        async (stack) => {
            const preview = async (memory: number, fails: boolean) => {
                await writeFile(
                    join(stack.folder, "declared.json"),
                    JSON.stringify({ by, images: {}, guests: { web: { memory } } }),
                );
                return stack.preview({ args: ["--policy-pack", pack], fails });
            };
            const refused = await preview(512, true);
            expect(refused.text).toContain("512 MiB is more than 256 MiB");
            expect(refused.text).toContain("memory-at-most-256-mib");
            expect((await preview(256, false)).changes).toMatchObject({ create: 2 });
        },
        { config },
    );
});
