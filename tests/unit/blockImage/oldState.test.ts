import { stat } from "node:fs/promises";
import { blockImageHandlers } from "../../../core/blockImage";
import { workspace } from "../images/workspace";

const { path } = workspace();
const said: string[] = [];
const handlers = blockImageHandlers({ log: (message) => said.push(message) });
const URN = "urn:pulumi:dev::site::pulumi-unikernel:index:BlockImage::data";
const MIB = 2 ** 20;

type Properties = Record<string, unknown>;

async function checked(args: Properties, olds: Properties = {}): Promise<Properties> {
    const { inputs, failures } = await handlers.check(olds, { resourceUrn: URN, ...args });
    expect(failures).toEqual([]);
    return inputs;
}

/** Build an image, and return it with the outputs that release 0.1.0 wrote for it. */
async function built(args: Properties) {
    const inputs: Properties = { ...(await checked(args)), schemaVersion: 1 };
    const { id, outs } = await handlers.create(inputs);
    const { size: bytes, ...others } = outs;
    const argument = inputs.size === undefined ? {} : { size: inputs.size };
    const old: Properties = { ...others, ...argument, schemaVersion: 1, bytes };
    return { id, inputs, outs, old };
}

beforeEach(() => said.splice(0));

const PLAIN = { source: { a: "a" } };
const SIZED = { source: { a: "a" }, format: "ext2", size: 8 };

test("the outputs have the size of the file in bytes, the inputs the argument in MiB", async () => {
    const { inputs, outs } = await built(SIZED);
    expect(inputs.size).toBe(8);
    expect(outs).toMatchObject({ size: 8 * MIB, schemaVersion: 2 });
    expect((await stat(String(outs.path))).size).toBe(8 * MIB);
    expect(outs).not.toHaveProperty("bytes");
    expect(await handlers.diff("id", outs, await checked(SIZED, inputs))).toMatchObject({ changes: false });
});

test("an image in state without `size` is no change, and a read writes `size`", async () => {
    const { id, inputs, outs, old } = await built(PLAIN);
    const news = await checked(PLAIN, inputs);
    expect(news).toEqual(inputs);
    expect(await handlers.diff(id, old, news)).toEqual({ changes: false, replaces: [], deleteBeforeReplace: false });
    expect(said).toEqual([]);
    expect(await handlers.read(id, old)).toEqual({ id, props: outs });
    expect(await handlers.read(id, outs)).toEqual({ id, props: outs });
});

test("where state's `size` is the argument, an update writes the size of the file and builds nothing", async () => {
    const { id, inputs, outs, old } = await built(SIZED);
    const before = await stat(String(outs.path));
    const news = await checked(SIZED, inputs);
    expect(news).toEqual(inputs);
    expect(await handlers.diff(id, old, news)).toEqual({ changes: true, replaces: [], deleteBeforeReplace: false });
    expect(said).toEqual([
        "nothing is built: the state takes the form of this release, in which `size` is that of the file in bytes",
    ]);
    expect((await handlers.update(id, old, news)).outs).toEqual(outs);
    const after = await stat(String(outs.path));
    expect([after.ino, after.mtimeMs, after.ctimeMs]).toEqual([before.ino, before.mtimeMs, before.ctimeMs]);
    expect(await handlers.diff(id, outs, news)).toMatchObject({ changes: false });
    expect(await handlers.read(id, old)).toEqual({ id, props: outs });
});

test.each([
    ["with the argument", SIZED, { ...SIZED, size: 9 }, 9 * MIB],
    ["without it", PLAIN, { ...PLAIN, source: { a: "b" } }, undefined],
])("an image in the state of 0.1.0, %s, is updated and destroyed as any other", async (_, args, changed, size) => {
    const { id, inputs, old } = await built({ ...args, output: path("data.img") });
    const news = await checked({ ...changed, output: path("data.img") }, inputs);
    expect(news.schemaVersion).toBe(2);
    expect(await handlers.diff(id, old, news)).toMatchObject({ changes: undefined });
    const { outs } = await handlers.update(id, old, news);
    expect(outs.size).toBe((await stat(path("data.img"))).size);
    if (size !== undefined) expect(outs.size).toBe(size);
    await handlers.delete(id, { ...outs, size: args === SIZED ? 9 : undefined, bytes: outs.size });
    await expect(stat(path("data.img"))).rejects.toMatchObject({ code: "ENOENT" });
});
