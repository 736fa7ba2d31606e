import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Stack, withStack } from "../support/engine";
import { workspace } from "../unit/images/workspace";

jest.setTimeout(900_000);
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
const { data, output } = require("./settings.json");
const folder = new BlockImage("folder", { source: data, output });
const page = new BlockImage("page", { format: "ext2", size: 8, source: { "index.html": "<h1>hello</h1>", pin: pulumi.secret("hunter2-hunter2"), logo: new pulumi.asset.FileAsset("logo.png") } });
module.exports = { path: folder.path, digest: folder.digest, size: page.size, folderSize: folder.size };
`;

/** `pulumi up` with its preview, in one run. */
const PREVIEWED = { args: ["--skip-preview=false", "--diff"] };

interface Outputs {
    path: string;
    digest: string;
    size?: number;
    folderSize?: number;
}

async function plantProgram(): Promise<string> {
    await plant("program", {
        "index.js": program,
        "settings.json": "{}",
        "logo.png": "png",
        "Pulumi.yaml": "name: images\nruntime:\n  name: nodejs\n  options:\n    typescript: false\nmain: index.js\n",
        "package.json": '{"main": "index.js"}',
    });
    return at("program");
}

/** Write the declaration for the next runs. */
const declare = (stack: Stack, settings: { data: string; output?: string }): Promise<void> =>
    writeFile(path.join(stack.folder, "settings.json"), JSON.stringify(settings));

/** The stack's state with its outputs, of one run of the engine. */
async function stateOf(stack: Stack) {
    const state = await stack.exportState();
    const { outputs } = state.resources.find(({ type }) => type === "pulumi:pulumi:Stack")!;
    return { ...state, outputs: outputs as unknown as Outputs };
}

const imagesLeft = async (): Promise<string[]> =>
    (
        await Promise.all(
            ["images", "users", "built", "manifests"].map((room) =>
                readdir(path.join(at("cache/pulumi-unikernel"), room)).catch(() => []),
            ),
        )
    ).flat();

// An image whose file is lost, whose source moves or whose output changes: tests/unit/blockImage, without the engine.
test("the life of images under the engine: refused, shown, created, as release 0.1.0 left them, rebuilt where needed, gone", async () => {
    const data = await plant("data", { "conf/nginx.conf": "one", "html/index.html": "one" });
    await mkdir(at("out"));
    await withStack(
        await plantProgram(),
        "images",
        async (stack) => {
            // A mistake is reported before anything is built, with its property.
            await declare(stack, { data: at("nowhere"), output: at("missing/data.iso") });
            const refused = await stack.preview({ fails: true });
            expect(refused.text).toMatch(/source.*cannot read .*nowhere/s);
            expect(refused.text).toMatch(/output.*does not exist/s);
            expect(refused.text).not.toContain("    at ");

            // The size of a file is unknown to the preview of its build.
            await declare(stack, { data });
            const created = await stack.up(PREVIEWED);
            expect(created.text).toMatch(/^ +size *: (\[unknown\]|output<)/m);
            expect(created.changes).toEqual({ create: 3 });
            const first = await stateOf(stack);
            expect(first.outputs).toMatchObject({
                path: at("cache/pulumi-unikernel/images", `${first.outputs.digest}.iso`),
                size: 8 * 2 ** 20,
                folderSize: expect.any(Number) as number,
            });
            expect(first.text).not.toContain("hunter2");
            expect(first.resources.find(({ urn }) => urn.endsWith("::page"))!.inputs).toMatchObject({
                digestKey: { ciphertext: expect.any(String) as string },
            });

            await asOfRelease010(stack, first);

            // The file that changed is named, and the image that has it is built again; it alone.
            await writeFile(`${data}/html/index.html`, "two");
            await declare(stack, { data, output: at("out/data.iso") });
            const rebuilt = await stack.up(PREVIEWED);
            expect(rebuilt.text).toMatch(/~ manifest *: \{\s+~ html\/index\.html: "[0-9a-f]{16}" => "[0-9a-f]{16}"/);
            expect(rebuilt.text).not.toMatch(/~ conf\/nginx\.conf/);
            expect(rebuilt.changes).toEqual({ same: 2, update: 1 });
            expect(await readdir(at("out"))).toEqual(["data.iso"]);
            expect((await stack.destroy()).changes).toEqual({ delete: 3 });
            expect([...(await imagesLeft()), ...(await readdir(at("out")))]).toEqual([]);
        },
        { env: { XDG_CACHE_HOME: at("cache") } },
    );
});

/** With the state of release 0.1.0, the size of a file comes by refresh or update, and nothing is built. */
async function asOfRelease010(stack: Stack, now: { text: string; outputs: Outputs }): Promise<void> {
    const { size, folderSize } = now.outputs;
    await importState(stack, oldForm(now.text));
    const files = await imageTimes();
    // Only the image whose `size` in state is the argument is updated; the other one keeps its state.
    const updated = await stack.up({ args: ["--diff"] });
    expect(updated.changes).toEqual({ same: 2, update: 1 });
    expect(updated.text).toMatch(/nothing is built: the state takes the form of this release/);
    const { outputs } = await stateOf(stack);
    expect([outputs.size, outputs.folderSize]).toEqual([size, undefined]);
    // The engine counts outputs alone as no change.
    expect((await stack.refresh()).changes).toEqual({ same: 3 });
    expect((await stack.up()).changes).toEqual({ same: 3 });
    const { outputs: refreshed } = await stateOf(stack);
    expect([refreshed.size, refreshed.folderSize]).toEqual([size, folderSize]);
    expect(await imageTimes()).toEqual(files);
}

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
