import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withStack } from "../support/engine";

jest.setTimeout(900_000);

// The stack's own file backend is beside its program (support/engine.ts).
test.each(["dynamic", "plugin"])("%s: a source with the stack's own state is refused by a preview", async (by) => {
    await withStack("tests/plugin/programs/either", "instate", async (stack) => {
        const declare = (args: object): Promise<void> =>
            writeFile(
                join(stack.folder, "declared.json"),
                JSON.stringify({ by, guests: {}, images: { site: { source: "../state", ...args } } }),
            );
        await declare({});
        const { text } = await stack.preview({ fails: true });
        expect(text.replace(/\s+/g, " ")).toContain("holds the state of this stack: .pulumi holds Pulumi's own state");
        await declare({ ignore: ["/.pulumi/"] });
        expect((await stack.preview()).changes).toMatchObject({ create: expect.any(Number) });
    });
});
