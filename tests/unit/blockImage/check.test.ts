import { execFileSync } from "node:child_process";
import { mkdir, readdir, symlink } from "node:fs/promises";
import { blockImageHandlers } from "../../../core/blockImage";
import { UNKNOWN } from "../../../core/handlers";
import { workspace } from "../images/workspace";

const { path, plant } = workspace();
const handlers = blockImageHandlers();
const urn = "urn:pulumi:dev::site::pulumi-unikernel:index:BlockImage::data";
const check = (news: Record<string, unknown>, olds: Record<string, unknown> = {}) =>
    handlers.check(olds, { resourceUrn: urn, ...news });

test("fills in defaults, digest and manifest, and nothing else", async () => {
    const source = await plant("data", { "conf/nginx.conf": "daemon off;" });
    const { inputs, failures } = await check({ source });
    expect(failures).toEqual([]);
    expect(inputs).toEqual({
        schemaVersion: 2,
        urn,
        source,
        format: "iso9660",
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        manifest: { "conf/nginx.conf": expect.stringMatching(/^[0-9a-f]{16}$/) },
    });
    expect((await check({ source }, inputs)).inputs).toEqual(inputs);
});

test("an older state keeps its version until something changes", async () => {
    const old = { ...(await check({ source: { a: "a" } })).inputs, schemaVersion: 1 };
    expect((await check({ source: { a: "a" } }, old)).inputs).toEqual(old);
    for (const source of [{ a: "b" }, UNKNOWN]) expect((await check({ source }, old)).inputs.schemaVersion).toBe(2);
});

test("builds nothing", async () => {
    await check({ source: { a: "a" } });
    expect(await readdir(path("cache/pulumi-unikernel"))).toEqual(["manifests"]);
});

const bad: [string, Record<string, unknown>, [string, RegExp][]][] = [
    ["no source", {}, [["source", /expected the path of a folder or file/]]],
    [
        "unknown properties",
        { source: { a: "a" }, formt: "raw", sizes: 3 },
        [
            ["formt", /unknown property/],
            ["sizes", /unknown property/],
        ],
    ],
    [
        "everything at once",
        { source: { "../a": "a", "b//c": "b" }, format: "fat", size: 1.5, label: 7, output: "" },
        [
            ["format", /expected iso9660, ext2/],
            ["size", /MiB/],
            ["label", /text/],
            ["output", /path/],
            ['source["../a"]', /\.\./],
            ['source["b//c"]', /empty part/],
        ],
    ],
    ["a size for iso9660", { source: { a: "a" }, size: 8 }, [["size", /read-only/]]],
    [
        "options, whatever else is unknown or wrong",
        { source: UNKNOWN, format: "ext4", size: 4, label: "with blank", output: "/dev/null" },
        [
            ["size", /10 MiB/],
            ["label", /1 to 16/],
            ["output", /regular/],
        ],
    ],
    ["a size of nothing", { source: { a: "a" }, format: "ext2", size: 0 }, [["size", /1 MiB/]]],
    ["a small ext4", { source: { a: "a" }, format: "ext4", size: 9 }, [["size", /10 MiB.*found 9 MiB/]]],
    ["odd labels", { source: { a: "a" }, label: "with blank" }, [["label", /1 to 32 characters/]]],
    [
        "a label that is too long for ext",
        { source: { a: "a" }, format: "ext4", label: "seventeen-letters" },
        [["label", /1 to 16/]],
    ],
    ["a label for raw", { source: { a: "a" }, format: "raw", label: "x" }, [["label", /no label/]]],
    ["a number as content", { source: { a: 7 } }, [["source.a", /expected text/]]],
    ["an asset with more", { source: { a: { asset: "x", mode: 7 } } }, [["source.a.mode", /unknown property/]]],
    [
        "paths that clash",
        { source: { a: "1", "/a": "2", "a/b": "3" } },
        [
            ['source["/a"]', /same path as a/],
            ['source["a/b"]', /is a file/],
        ],
    ],
    [
        "paths that no image can hold",
        { source: { "a\0b": "", "": "", ".": "", [`${"n".repeat(256)}`]: "", "a/": "", "\ud800": "" } },
        [
            ["u0000", /zero byte/],
            ["", /empty part/],
            [".", /\. or \.\./],
            ["nnn", /255/],
            ["a/", /empty part/],
            ["ud800", /Unicode/],
        ],
    ],
    ["a missing folder", { source: "nowhere/at all" }, [["source", /nowhere\/at all/]]],
    [
        "a missing folder, and a missing one for the output",
        { source: "nowhere", output: "/not/there/image" },
        [
            ["source", /nowhere/],
            ["output", /does not exist/],
        ],
    ],
    ["a missing asset", { source: { "b/c": { asset: "nowhere" } } }, [['source["b/c"]', /nowhere/]]],
];

test.each(bad)("refuses %s", async (_, news, expected) => {
    const { failures } = await check(news);
    expect(failures).toHaveLength(expected.length);
    for (const [property, reason] of expected) {
        expect(failures).toContainEqual({
            property: expect.stringContaining(property),
            reason: expect.stringMatching(reason),
        });
    }
});

test("no message repeats a text", async () => {
    const { failures } = await check({ source: { "../key": "hunter2", b: { asset: "x", text: "hunter2" } } });
    expect(failures.length).toBeGreaterThan(0);
    expect(JSON.stringify(failures)).not.toContain("hunter2");
});

test.each<[string, Record<string, unknown>]>([
    ["source", { source: UNKNOWN }],
    ["a text", { source: { a: "a", b: UNKNOWN } }],
    ["an asset's path", { source: { a: { asset: UNKNOWN } } }],
    ["format", { source: { a: "a" }, format: UNKNOWN }],
    ["size", { source: { a: "a" }, format: "ext2", size: UNKNOWN }],
    ["label", { source: { a: "a" }, label: UNKNOWN }],
])("while %s is unknown, so is the digest, and nothing is refused", async (_, news) => {
    const { inputs, failures } = await check(news);
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ ...news, digest: UNKNOWN, manifest: UNKNOWN });
    expect(await handlers.diff("id", { ...inputs, digest: "d" }, inputs)).toEqual({
        changes: undefined,
        replaces: [],
        deleteBeforeReplace: false,
    });
});

test("an unknown output keeps the digest known; what is known is still checked", async () => {
    expect((await check({ source: { a: "a" }, output: UNKNOWN })).inputs).toMatchObject({
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        output: UNKNOWN,
    });
    expect(
        (await check({ source: { "../a": UNKNOWN }, format: "fat" })).failures.map(({ property }) => property),
    ).toEqual(["format", 'source["../a"]']);
});

test("secrets: the digests are keyed, with a key of the resource that is the same in each run, and kept", async () => {
    const source = { "pin.txt": "1234" };
    const plain = (await check({ source })).inputs;
    const first = (await check({ source, secrets: ['source["pin.txt"]'], digestKey: "" })).inputs;
    expect(first).toMatchObject({
        digestKey: expect.stringMatching(/^[0-9a-f]{32} \(of the key file made on /),
        secrets: ['source["pin.txt"]'],
    });
    expect(first.digest).not.toBe(plain.digest);
    expect((await check({ source, secrets: ['source["pin.txt"]'], digestKey: "" }, first)).inputs).toEqual(first);
    const secret = { source, secrets: ['source["pin.txt"]'], digestKey: "" };
    expect((await check(secret)).inputs).toEqual(first);
    expect(
        (await check({ ...secret, resourceUrn: "urn:pulumi:dev::shop::unikernel:index:BlockImage::other" })).inputs
            .digest,
    ).not.toBe(first.digest);
    const old = { ...first, digestKey: "ab".repeat(16) };
    expect((await check(secret, old)).inputs).toMatchObject({ digestKey: old.digestKey });
    // What comes from the engine's seed needs no file.
    expect((await check({ ...secret, digestKey: "cd".repeat(16) })).inputs).toMatchObject({
        digestKey: "cd".repeat(16),
    });
    expect((await check({ source, secrets: [] }, first)).inputs).toEqual(plain);
});

const outputs: [string, () => Promise<string>, RegExp][] = [
    ["a folder", async () => path(), /is a folder/],
    ["a device", async () => "/dev/null", /not a regular file/],
    [
        "a file that is not ours",
        async () => `${await plant("mine", { "thesis.txt": "years of work" })}/thesis.txt`,
        /did not make it/,
    ],
    [
        "a symbolic link",
        async () => {
            await symlink("/nonexistent", path("link"));
            return path("link");
        },
        /symbolic link/,
    ],
    ["a missing folder", async () => path("nowhere/image.iso"), /nowhere does not exist/],
    ["a file as folder", async () => `${await plant("x", { file: "" })}/file/image.iso`, /file is not a folder/],
    ["a place in the source", async () => path("data/image.iso"), /inside of it/],
    [
        "a place in the source by another name",
        async () => {
            await symlink(path("data"), path("alias"));
            return path("alias/image.iso");
        },
        /inside of it/,
    ],
    [
        "a pipe",
        async () => {
            execFileSync("mkfifo", [path("pipe")]);
            return path("pipe");
        },
        /not a regular file/,
    ],
];

test.each(outputs)("output: refuses %s", async (_, place, reason) => {
    const source = await plant("data", { a: "a" });
    const { failures } = await check({ source, output: await place() });
    expect(failures).toEqual([{ property: "output", reason: expect.stringMatching(reason) }]);
});

test("output: refuses a folder that cannot be written to", async () => {
    await mkdir(path("locked"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "ro,size=4k", "none", path("locked")]);
    try {
        const { failures } = await check({ source: { a: "a" }, output: path("locked/image.iso") });
        expect(failures).toEqual([{ property: "output", reason: expect.stringMatching(/locked cannot be written/) }]);
    } finally {
        execFileSync("umount", [path("locked")]);
    }
});

test("state of a newer release is refused, naming what to install", async () => {
    for (const call of [
        () => handlers.check({ schemaVersion: 99 }, {}),
        () => handlers.diff("i", { schemaVersion: 99 }, {}),
        () => handlers.read("i", { schemaVersion: 99 }),
        () => handlers.update("i", { schemaVersion: 99 }, {}),
        () => handlers.delete("i", { schemaVersion: 99 }),
    ]) {
        await expect(call()).rejects.toMatchObject({
            code: "newer-state",
            message: expect.stringContaining("npm install"),
        });
    }
});

test("what state holds stays small", async () => {
    const tree = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`html/page-${index}.html`, `${index}`]));
    const { inputs } = await check({ source: await plant("data", tree) });
    const { manifest: _, ...rest } = inputs;
    expect(JSON.stringify(inputs).length + JSON.stringify(rest).length).toBeLessThan(4096 + 60 * 200);
    const many = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`a${index}/b/file`, `${index}`]));
    expect(JSON.stringify((await check({ source: many })).inputs.manifest).length).toBeLessThan(4096);
});
