import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { withStack } from "../support/engine";
import { until } from "../support/processes";

jest.setTimeout(900_000);

const folder = mkdtempSync(path.join(tmpdir(), "pulumi-unikernel-engine-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Command lines of the processes whose working folder is this one. */
function processesIn(workingFolder: string): string[] {
    return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap((pid) => {
            try {
                return readlinkSync(`/proc/${pid}/cwd`) === workingFolder
                    ? [readFileSync(`/proc/${pid}/cmdline`, "utf8")]
                    : [];
            } catch {
                return []; // it has ended meanwhile
            }
        });
}

// TypeScript programs: examples.test.ts. A preview, an update that a provider refuses, a refresh, a destroy: with guests, in life.test.ts,
// failures.test.ts and replace.test.ts.
test("the engine runs a plain JavaScript program with a dynamic resource and passes on what both say; no language host or provider outlives one that is killed", async () => {
    const file = path.join(folder, "js");
    await withStack(
        "tests/e2e/programs/files-js",
        "life",
        async (stack) => {
            const first = await stack.up();
            expect(first.changes).toEqual({ create: 2 });
            expect(first.text).toContain("the program speaks");
            expect(readFileSync(file, "utf8")).toBe("one");
            expect(await stack.outputs()).toEqual({ length: 3 });

            const run = await stack.start("up");
            const mine = (): string[] =>
                processesIn(stack.folder).filter((line) => line.startsWith("node") || line.includes("/node"));
            await until(() => mine().length > 0);
            run.kill("SIGKILL");
            expect((await run.ended).failed).toBe(true);
            await until(() => mine().length === 0);
            await stack.cancel();

            await stack.config("throw", "the program gives up");
            const failed = await stack.up({ fails: true });
            expect(failed.text).toContain("the program gives up");
            // Shown once, without a second complaint about the exit status.
            expect(failed.text).not.toContain("exited with");

            expect((await stack.destroy()).changes).toEqual({ delete: 2 });
            expect(existsSync(file)).toBe(false);
        },
        { config: { path: file, text: "one" } },
    );
});
