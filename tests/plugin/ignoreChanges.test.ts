import { copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testKernel } from "../e2e/guests";
import type { LibvirtHost } from "../support/libvirtHost";
import { startLibvirtHost } from "../support/libvirtHost";
import { type By, Either } from "./either";

jest.setTimeout(900_000);

let host: LibvirtHost;
beforeAll(async () => {
    host = await startLibvirtHost();
});
afterAll(() => host.close());

const urnOf = (by: By, kind: string, name: string) =>
    `urn:pulumi:${by}::either::${by === "plugin" ? "unikernel:index:" : "pulumi-nodejs:dynamic/unikernel:"}${kind}::${name}`;

test.each<By>(["dynamic", "plugin"])(
    "by %s: targets that lack a part are named, changes may be ignored, and files that only state names may go",
    async (by) => {
        await Either.with(host, by, async (either) => {
            const { stack } = either;
            const [kernel, pages] = [join(stack.folder, "kernel"), join(stack.folder, "pages.txt")];
            await copyFile(await testKernel(), kernel);
            await writeFile(pages, "hello");
            const declare = (guest: object, image: object, ignored: Record<string, string[]> = {}) =>
                either.declare(
                    by,
                    { web: { kernel, image: "pages", interfaces: [{ driver: "vioif" }], ...guest } },
                    { pages: { source: { "index.html": "hello", "file.txt": "hello" }, ...image } },
                    Object.fromEntries(
                        Object.entries(ignored).map(([name, ignoreChanges]) => [name, { ignoreChanges }]),
                    ),
                );
            await declare({}, { source: pages });
            const web = ["--target", urnOf(by, "Unikernel", "web")];
            const alone = await stack.up({ args: web, fails: true });
            for (const name of ["pages", "web-0"])
                expect(alone.text).toMatch(
                    new RegExp(`${name} was not (made|checked).*add --target '\\*\\*::${name}'`),
                );
            // What the message says is enough.
            const parts = ["pages", "web-0"].flatMap((name) => ["--target", `**::${name}`]);
            expect((await stack.up({ args: [...web, ...parts] })).changes).toMatchObject({ create: 3 });
            const before = { boots: await either.boots(), is: await either.identities() };

            const all = { web: ["*"], pages: ["*"], "web-0": ["*"] };
            await declare(
                { env: { A: "another" }, memory: 32, interfaces: [{ driver: "xenif" }] },
                { source: { "index.html": "another" } },
                all,
            );
            await writeFile(kernel, "not a kernel");
            await rm(pages);
            expect((await stack.up()).changes).toEqual({ same: 4 });
            expect({ boots: await either.boots(), is: await either.identities() }).toEqual(before);

            // Paths of state whose files are gone; a change beside them that needs no bytes is made.
            await rm(kernel);
            await declare({ shutdownTimeout: 2 }, { source: pages }, { web: ["kernel"], pages: ["source"] });
            const live = await stack.up({ args: ["--refresh"] });
            expect(live.changes).toEqual({ same: 3, update: 1 });
            expect({ boots: await either.boots(), is: await either.identities() }).toEqual(before);

            await declare({ shutdownTimeout: 2 }, { source: pages }, { pages: ["source"] });
            expect((await stack.preview({ fails: true })).text).toMatch(
                /kernel.*(no such file|is not on this machine)/,
            );
            expect((await stack.destroy()).changes).toEqual({ delete: 4 });
        });
    },
);
