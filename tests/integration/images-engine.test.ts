import { cp, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Stack, withStack } from "../support/engine";
import { workspace } from "../unit/images/workspace";

jest.setTimeout(240_000);
const usual = process.env.XDG_CACHE_HOME;
const { path: at, plant } = workspace();
// The engine itself is kept in the usual cache folder; only the stack gets one of its own.
beforeEach(() => {
    if (usual === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = usual;
});

const program = `
const pulumi = require("@pulumi/pulumi");
const { BlockImage } = require("pulumi-unikernel");
const config = new pulumi.Config();
const folder = new BlockImage("folder", { source: config.require("data"), output: config.get("output") });
const page = new BlockImage("page", { format: "ext2", size: 8, source: { "index.html": "<h1>hello</h1>", pin: config.requireSecret("pin"), logo: new pulumi.asset.FileAsset("logo.png") } });
module.exports = { path: folder.path, digest: folder.digest, size: page.size, folderSize: folder.size };
`;

async function plantProgram(): Promise<string> {
    await plant("program", {
        "index.js": program,
        "logo.png": "png",
        "Pulumi.yaml": "name: images\nruntime:\n  name: nodejs\n  options:\n    typescript: false\nmain: index.js\n",
        "package.json": '{"main": "index.js"}',
    });
    return at("program");
}

const imagesLeft = async (): Promise<string[]> =>
    (
        await Promise.all(
            ["images", "users", "built", "manifests"].map((room) =>
                readdir(path.join(at("cache/pulumi-unikernel"), room)).catch(() => []),
            ),
        )
    ).flat();

test("the life of images under the engine: created, shown, rebuilt where needed, gone", async () => {
    const data = await plant("data", { "conf/nginx.conf": "one", "html/index.html": "one" });
    const env = { XDG_CACHE_HOME: at("cache") };
    await withStack(
        await plantProgram(),
        "images",
        async (stack) => {
            await stack.config("pin", "hunter2-hunter2", { secret: true });
            expect((await stack.up()).changes).toEqual({ create: 3 });
            const first = await stack.outputs<{ path: string; digest: string }>();
            expect(first.path).toBe(at("cache/pulumi-unikernel/images", `${first.digest}.iso`));
            expect((await stack.up()).changes).toEqual({ same: 3 });
            expect((await stack.refresh()).changes).toEqual({ same: 3 });
            expect((await stack.up()).changes).toEqual({ same: 3 });

            const state = await stack.exportState();
            expect(state.text).not.toContain("hunter2");
            expect(state.resources.find(({ urn }) => urn.endsWith("::page"))!.inputs).toMatchObject({
                digestKey: { ciphertext: expect.any(String) },
            });

            await writeFile(`${data}/html/index.html`, "two");
            const preview = await stack.preview();
            expect(preview.changes).toEqual({ same: 2, update: 1 });
            expect(preview.text).toMatch(/~ manifest: \{\s+~ html\/index\.html: "[0-9a-f]{16}" => "[0-9a-f]{16}"/);
            expect(preview.text).not.toMatch(/~ conf\/nginx\.conf/);
            expect((await stack.up()).changes).toEqual({ same: 2, update: 1 });
            const second = await stack.outputs<{ path: string; digest: string }>();
            expect(second.digest).not.toBe(first.digest);

            // Lost with the whole cache folder: built again, with the same digest.
            await rm(at("cache"), { recursive: true });
            expect((await stack.up()).changes).toEqual({ same: 1, update: 2 });
            expect(await stack.outputs()).toEqual(await stack.outputs());
            expect((await stack.outputs<{ digest: string }>()).digest).toBe(second.digest);

            await cp(data, at("moved"), { recursive: true });
            await stack.config("data", at("moved"));
            expect((await stack.up()).changes).toEqual({ same: 3 });
            await mkdir(at("out"));
            await stack.config("output", at("out/data.iso"));
            expect((await stack.up()).changes).toEqual({ same: 2, update: 1 });
            expect(await readdir(at("out"))).toEqual(["data.iso"]);
            expect((await stack.destroy()).changes).toEqual({ delete: 3 });
            expect([...(await imagesLeft()), ...(await readdir(at("out")))]).toEqual([]);
        },
        { env, config: { data } },
    );
});

test("the size of a file is unknown to the preview of its build, and comes into a state of 0.1.0 by refresh or update", async () => {
    const data = await plant("data", { "index.html": "one" });
    const env = { XDG_CACHE_HOME: at("cache") };
    const sizes = async (stack: Stack) => {
        const { size, folderSize } = await stack.outputs();
        return { size, folderSize };
    };
    await withStack(
        await plantProgram(),
        "sizes",
        async (stack) => {
            await stack.config("pin", "1234", { secret: true });
            expect((await stack.preview()).text).toMatch(/^ +size *: (\[unknown\]|output<)/m);
            await stack.up();
            const now = await sizes(stack);
            expect(now).toEqual({ size: 8 * 2 ** 20, folderSize: expect.any(Number) });

            await importState(stack, oldForm((await stack.exportState()).text));
            const files = await imageTimes();
            // Only the image whose `size` in state is the argument is updated; the other one keeps its state.
            const preview = await stack.preview();
            expect(preview.changes).toEqual({ same: 2, update: 1 });
            expect(preview.text).toMatch(/nothing is built: the state takes the form of this release/);
            expect((await stack.up()).changes).toEqual({ same: 2, update: 1 });
            expect(await sizes(stack)).toEqual({ size: now.size });
            // The engine counts outputs alone as no change.
            expect((await stack.refresh()).changes).toEqual({ same: 3 });
            expect((await stack.up()).changes).toEqual({ same: 3 });
            expect(await sizes(stack)).toEqual(now);
            expect(await imageTimes()).toEqual(files);
            await stack.destroy();
        },
        { env, config: { data } },
    );
});

/** A state as release 0.1.0 wrote it: `bytes` is the size of the file, and `size` repeats the argument. */
function oldForm(text: string): string {
    const state = JSON.parse(text) as { deployment: { resources: Record<string, Record<string, unknown>>[] } };
    for (const { type, inputs, outputs } of state.deployment.resources) {
        if (!String(type).endsWith(":BlockImage")) continue;
        Object.assign(inputs!, { schemaVersion: 1 });
        Object.assign(outputs!, { schemaVersion: 1, bytes: outputs!.size, size: inputs!.size });
    }
    return JSON.stringify(state);
}

async function importState(stack: Stack, text: string): Promise<void> {
    const file = path.join(stack.folder, "state.json");
    await writeFile(file, text);
    await stack.pulumi(["stack", "import", "--file", file]);
}

/** Of each image file: its inode and when it was last written. */
async function imageTimes(): Promise<unknown[]> {
    const folder = at("cache/pulumi-unikernel/images");
    const names = (await readdir(folder)).sort();
    return Promise.all(
        names.map(async (name) => [name, await stat(path.join(folder, name)).then((s) => [s.ino, s.mtimeMs])]),
    );
}

test("what is wrong is said before anything is built, with its property", async () => {
    const env = { XDG_CACHE_HOME: at("cache") };
    await withStack(
        await plantProgram(),
        "refused",
        async (stack) => {
            await stack.config("pin", "1234", { secret: true });
            const { text } = await stack.preview({ fails: true });
            expect(text).toMatch(/source.*cannot read .*nowhere/s);
            expect(text).toMatch(/output.*does not exist/s);
            expect(text).not.toContain("    at ");
        },
        { env, config: { data: at("nowhere"), output: at("missing/data.iso") } },
    );
});
