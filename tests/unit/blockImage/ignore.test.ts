import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { blockImageHandlers } from "../../../core/blockImage";
import { UNKNOWN } from "../../../core/handlers";
import { workspace } from "../images/workspace";

const { path, plant } = workspace();
const handlers = blockImageHandlers();
const resourceUrn = "urn:pulumi:dev::site::pulumi-unikernel:index:BlockImage::data";
const check = (news: Record<string, unknown>, olds: Record<string, unknown> = {}) =>
    handlers.check(olds, { resourceUrn, ...news });

test("patterns: what they leave out is no part of digest and manifest, and no list is an empty one", async () => {
    const source = await plant("data", { a: "a", "b.swp": "b" });
    const without = await check({ source: await plant("bare", { a: "a" }) });
    const { inputs, failures } = await check({ source, ignore: ["*.swp"] });
    expect(failures).toEqual([]);
    expect(inputs).toEqual({ ...without.inputs, source, ignore: ["*.swp"] });
    const all = (await check({ source })).inputs;
    expect(Object.keys(all.manifest as object)).toEqual(["a", "b.swp"]);
    expect((await check({ source, ignore: [] })).inputs).toEqual(all);
});

test("changed patterns are a change only where they leave out something else", async () => {
    const source = await plant("data", { a: "a", "b.swp": "b" });
    const old = (await check({ source })).inputs;
    const other = (await check({ source, ignore: ["*.swp"] }, old)).inputs;
    const same = (await check({ source, ignore: ["*.bak"] }, old)).inputs;
    expect((await handlers.diff("id", old, other)).changes).toBeUndefined();
    expect(Object.keys(other.manifest as object)).toEqual(["a"]);
    expect(same.digest).toBe(old.digest);
});

test("the image is built, updated and built again without the ignored files", async () => {
    const source = await plant("data", { a: "a", "log/x": "1" });
    const inputs = (await check({ source, ignore: ["log/"] })).inputs;
    await writeFile(`${source}/log/x`, "2");
    const { id, outs } = await handlers.create(inputs);
    expect((await handlers.diff(id, outs, inputs)).changes).toBe(false);
    await rm(outs.path as string);
    await writeFile(`${source}/log/x`, "3");
    expect((await handlers.diff(id, outs, inputs)).changes).toBe(true);
    expect((await handlers.update(id, outs, inputs)).outs).toEqual(outs);
    await handlers.delete(id, outs);
});

test.each<[string, Record<string, unknown>, string, RegExp]>([
    ["a map", { source: { a: "a" }, ignore: ["*.swp"] }, "ignore", /is a map/],
    ["a file", { source: "data/a", ignore: ["*.swp"] }, "ignore", /data\/a is a file/],
    ["a pattern that is empty", { source: "data", ignore: ["a", ""] }, "ignore[1]", /is empty/],
    ["a pattern that is a number", { source: "data", ignore: [7] }, "ignore[0]", /expected a text/],
    ["a text", { source: "data", ignore: "*.swp" }, "ignore", /expected a list/],
])("refuses patterns for %s", async (_, news, property, reason) => {
    await plant("data", { a: "a" });
    const at = typeof news.source === "string" ? { ...news, source: path(news.source) } : news;
    expect((await check(at)).failures).toEqual([{ property, reason: expect.stringMatching(reason) }]);
});

test("an unknown pattern keeps the digest unknown", async () => {
    const { inputs, failures } = await check({ source: await plant("data", { a: "a" }), ignore: [UNKNOWN, "*.swp"] });
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ digest: UNKNOWN, manifest: UNKNOWN });
});

test("an output in a folder that the patterns leave out is no part of its image", async () => {
    const source = await plant("data", { a: "a", "out/old": "x" });
    const output = path("data/out/image.iso");
    expect((await check({ source, output })).failures).toHaveLength(1);
    // The image is written under a hidden name first.
    expect((await check({ source, output, ignore: ["*.iso"] })).failures).toHaveLength(1);
    const { inputs, failures } = await check({ source, output, ignore: ["/out/"] });
    expect(failures).toEqual([]);
    const { id, outs } = await handlers.create(inputs);
    expect((await check({ source, output, ignore: ["/out/"] }, inputs)).inputs).toEqual(inputs);
    await handlers.delete(id, outs);
});

describe("Pulumi's state in the source", () => {
    const backend = (stack: string): Record<string, string> => ({
        "index.html": "hello",
        ".pulumi/meta.yaml": "version: 1\n",
        [`.pulumi/stacks/${stack}`]: "{}",
    });

    test.each(["site/dev.json", "site/dev.json.gz", "dev.json"])(
        "%s is refused by check, with the way out",
        async (stack) => {
            const source = await plant("data", backend(stack));
            const { failures } = await check({ source });
            expect(failures).toEqual([
                {
                    property: "source",
                    reason: expect.stringMatching(
                        /^holds the state of this stack: \.pulumi holds Pulumi's own state.*pulumi login.*ignore: \["\/\.pulumi\/"\]$/,
                    ),
                },
            ]);
            expect((await check({ source, ignore: ["/.pulumi/"] })).failures).toEqual([]);
        },
    );

    test("in a folder below it, or around it", async () => {
        await plant("data/a [1]", backend("site/dev.json"));
        expect((await check({ source: path("data") })).failures[0]?.reason).toContain(
            'ignore: ["/a \\[1\\]/.pulumi/"]',
        );
        expect((await check({ source: path("data"), ignore: ["/a \\[1\\]/.pulumi/"] })).failures).toEqual([]);
        await symlink(path("data/a [1]/.pulumi/stacks"), path("stacks"));
        for (const source of [path("stacks"), path("data/a [1]/.pulumi")])
            expect((await check({ source })).failures[0]?.reason).toMatch(/lies in .*\.pulumi, which holds the state/);
    });

    test("of another stack is content, and so is a copy that is in an image already", async () => {
        expect((await check({ source: await plant("other", backend("site/prod.json")) })).failures).toEqual([]);
        const source = await plant("data", backend("site/dev.json"));
        const { inputs } = await check({ source });
        expect((await check({ source }, inputs)).failures).toEqual([]);
    });
});

test("the cache folder in the source is refused by check", async () => {
    const source = path();
    await mkdir(path("cache/pulumi-unikernel"), { recursive: true });
    expect((await check({ source })).failures).toEqual([
        {
            property: "source",
            reason: expect.stringMatching(/cache folder.*ignore: \["\/cache\/pulumi-unikernel\/"\]/),
        },
    ]);
    expect((await check({ source, ignore: ["/cache/pulumi-unikernel/"] })).failures).toEqual([]);
});

describe("a source that changed after the check", () => {
    const create = async (change: (folder: string) => Promise<unknown>): Promise<Error> => {
        const source = await plant("data", { a: "a", b: "b", "c/d": "d" });
        const { inputs } = await check({ source });
        await change(source);
        return handlers.create(inputs).then(
            () => new Error("it was built"),
            (error: Error) => error,
        );
    };

    test("names what changed, appeared and vanished", async () => {
        const error = await create(async (folder) => {
            await writeFile(`${folder}/a`, "A");
            await rm(`${folder}/b`);
            await writeFile(`${folder}/c/new`, "");
        });
        expect(error).toMatchObject({ code: "changed", property: "source" });
        expect(error.message).toContain("data has changed since it was checked (changed: a; new: c/new; gone: b)");
        expect(error.message).toContain("`ignore`");
    });

    test("names a few of many", async () => {
        const error = await create(async (folder) => {
            for (let index = 0; index < 9; index++) await writeFile(`${folder}/x${index}`, "");
        });
        expect(error.message).toContain("(new: x0, x1, x2, x3, x4 and 4 more)");
    });

    test("names a state backend, of whatever stack", async () => {
        const error = await create(() => plant("data", { "state/.pulumi/history/site/prod/1.json": "{}" }));
        expect(error.message).toContain("state/.pulumi holds Pulumi's own state");
        expect(error.message).toContain('ignore: ["/state/.pulumi/"]');
    });
});
