import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { withStack } from "../support/engine";
import { HANG_MS } from "../support/time";

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

test("the engine runs a plain JavaScript program with a dynamic resource, and passes on what both say", async () => {
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
            expect((await stack.up()).changes).toEqual({ same: 2 });

            // A file that somebody removed is found missing, and created again.
            rmSync(file);
            expect((await stack.refresh()).changes).toMatchObject({ delete: 1 });
            expect((await stack.up()).changes).toMatchObject({ create: 1 });

            await stack.config("text", "refuse");
            expect((await stack.up({ fails: true })).text).toContain("this text is refused");
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

test("the engine runs a TypeScript program, and a preview shows a change without making it", async () => {
    const file = path.join(folder, "ts");
    await withStack(
        "tests/e2e/programs/files-ts",
        "preview",
        async (stack) => {
            await stack.up();
            await stack.config("text", "three");
            const preview = await stack.preview();
            expect(preview.steps).toMatchObject([{ op: "update", type: "pulumi-nodejs:dynamic:Resource" }]);
            expect(preview.text).toMatch(/~ text: "one" => "three"/);
            expect(readFileSync(file, "utf8")).toBe("one");
            await stack.up();
            expect(readFileSync(file, "utf8")).toBe("three");
        },
        { config: { path: file, text: "one" } },
    );
});

test("no language host or provider outlives an engine that was killed", async () => {
    await withStack(
        "tests/e2e/programs/files-js",
        "killed",
        async (stack) => {
            const run = await stack.start("up");
            const mine = (): string[] =>
                processesIn(stack.folder).filter((line) => line.startsWith("node") || line.includes("/node"));
            while (mine().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
            run.kill("SIGKILL");
            expect((await run.ended).failed).toBe(true);
            const deadline = Date.now() + HANG_MS;
            while (mine().length > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
            expect(mine()).toEqual([]);
            await stack.cancel();
        },
        { config: { path: path.join(folder, "killed"), text: "one" } },
    );
});
