import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testKernel } from "../e2e/guests";
import { withStack } from "../support/engine";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";

jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

test("in every position an unknown is taken by preview, replaces nothing, and is what it comes to", async () => {
    const config = { connection: host.uri, kernel: await testKernel() };
    await withStack(
        "tests/plugin/programs/unknowns",
        "unknowns",
        async (stack) => {
            // Every value comes from another resource, which is not there yet.
            expect((await stack.preview()).changes).toMatchObject({ create: expect.any(Number) });
            const { changes } = await stack.up();
            expect(Object.keys(changes)).toEqual(["create"]);
            const uuids = await host.virsh("list", "--uuid");

            // It will be another, and nobody can say which values follow: in truth none.
            const file = join(stack.folder, "index.js");
            writeFileSync(file, readFileSync(file, "utf8").replace("const ROUND = 1", "const ROUND = 2"));
            const { steps } = await stack.preview();
            expect(steps.filter(({ op }) => !["same", "update"].includes(op))).toEqual([]);
            expect(
                steps.filter(({ op, type }) => op === "update" && type === "unikernel:index:Unikernel").length,
            ).toBeGreaterThanOrEqual(10);
            const up = await stack.up();
            expect(up.steps.filter(({ op, type }) => op !== "same" && type.startsWith("unikernel:"))).toEqual([]);
            expect(await host.virsh("list", "--uuid")).toBe(uuids);
        },
        { enter: host.enter, env: { ...host.env }, config, parallel: 16, leave: true },
    );
});
