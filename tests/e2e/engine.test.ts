import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { withStack } from "../support/engine";

jest.setTimeout(120_000);

const folder = mkdtempSync(path.join(tmpdir(), "pulumi-unikernel-engine-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Command lines of the processes whose working folder is this one. */
function processesIn(workingFolder: string): string[] {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
        try {
            return readlinkSync(`/proc/${pid}/cwd`) === workingFolder ? [readFileSync(`/proc/${pid}/cmdline`, "utf8")] : [];
        } catch {
            return []; // it has ended meanwhile
        }
    });
}

test.each([
    { program: "files-js", shown: /text +: \[secret\]/ },
    { program: "files-ts", shown: /~ text: "one" => "three"/ },
])("the engine runs $program from the first up to destroy", async ({ program, shown }) => {
    const file = path.join(folder, program);
    await withStack(`tests/e2e/programs/${program}`, "life", async (stack) => {
        const first = await stack.up();
        expect(first.changes).toEqual({ create: 2 });
        expect(readFileSync(file, "utf8")).toBe("one");
        expect(await stack.outputs()).toEqual({ length: 3 });
        expect((await stack.up()).changes).toEqual({ same: 2 });

        await stack.config("text", "three");
        const preview = await stack.preview();
        expect(preview.steps).toMatchObject([{ op: "update", type: "pulumi-nodejs:dynamic:Resource" }]);
        expect(preview.text).toMatch(shown);
        expect(readFileSync(file, "utf8")).toBe("one");
        await stack.up();
        expect(readFileSync(file, "utf8")).toBe("three");
        expect((await stack.refresh()).failed).toBe(false);

        expect((await stack.destroy()).changes).toEqual({ delete: 2 });
        expect(existsSync(file)).toBe(false);
    }, { config: { path: file, text: "one" } });
});

test("what a program and its provider say reaches the user", async () => {
    const file = path.join(folder, "words");
    await withStack("tests/e2e/programs/files-js", "words", async (stack) => {
        expect((await stack.up()).text).toContain("the program speaks");
        // A file that somebody removed is created again.
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
    }, { config: { path: file, text: "one" } });
});

test("no language host or provider outlives an engine that was killed", async () => {
    await withStack("tests/e2e/programs/files-js", "killed", async (stack) => {
        const run = await stack.start("up");
        const mine = (): string[] => processesIn(stack.folder).filter((line) => line.startsWith("node") || line.includes("/node"));
        while (mine().length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
        run.kill("SIGKILL");
        expect((await run.ended).failed).toBe(true);
        const deadline = Date.now() + 10_000;
        while (mine().length > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
        expect(mine()).toEqual([]);
        await stack.cancel();
        await stack.up();
    }, { config: { path: path.join(folder, "killed"), text: "one" } });
});
