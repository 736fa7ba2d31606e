import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { buildImage, type ImageOptions, identify } from "../../../images";
import { ignoredBy, patternProblems } from "../../../images/ignore";
import { listing, unpack } from "./contents";
import { workspace } from "./workspace";

const { path, plant } = workspace();

test.each<[string[], string[], string[]]>([
    [
        [".git", "*.swp"],
        [".git/", ".git", "a/.git/", "a/b/.x.swp", "x.swp"],
        [".gitignore", "x.swp.txt", "git"],
    ],
    [["cache/"], ["cache/", "a/cache/"], ["cache", "a/cache", "caches/"]],
    [
        ["/top", "a/b"],
        ["top", "top/", "a/b"],
        ["x/top", "x/a/b"],
    ],
    [
        ["a/**/z", "**/log"],
        ["a/z", "a/b/c/z", "log", "x/y/log"],
        ["z", "b/a/z"],
    ],
    [
        ["*.md", "!README.md"],
        ["a.md", "x/b.md"],
        ["README.md", "x/README.md"],
    ],
    [["A"], ["A"], ["a"]],
    [
        ["file?", "[ab].c", "\\#x#"],
        ["file1", "a.c", "#x#"],
        ["file", "file12", "c.c"],
    ],
    [[], [], [".git/", "x.swp"]],
])("the patterns %j leave out %j and keep %j", (patterns, left, kept) => {
    const isIgnored = ignoredBy(patterns);
    const ask = (entry: string): boolean => isIgnored(entry.replace(/\/$/, ""), entry.endsWith("/"));
    expect(left.filter((entry) => !ask(entry))).toEqual([]);
    expect(kept.filter(ask)).toEqual([]);
});

test("patterns that match nothing are refused, each with the reason", () => {
    expect(
        patternProblems(["", " ", "# note", "a\nb", "./cache", "../x", "a\\", "!", "/", "ok", "!ok", "\\#x"]).map(
            ({ property, reason }) => `${property}: ${reason}`,
        ),
    ).toEqual([
        expect.stringMatching(/^ignore\[0\]: is empty/),
        expect.stringMatching(/^ignore\[1\]: is empty/),
        expect.stringMatching(/^ignore\[2\]: .*comment.*\\#/),
        expect.stringMatching(/^ignore\[3\]: .*one pattern/),
        expect.stringMatching(/^ignore\[4\]: .*write \/cache/),
        expect.stringMatching(/^ignore\[5\]: .*below `source`/),
        expect.stringMatching(/^ignore\[6\]: .*backslash/),
        expect.stringMatching(/^ignore\[7\]: is empty/),
        expect.stringMatching(/^ignore\[8\]: .*folder itself/),
    ]);
});

describe.each<ImageOptions["format"]>(["iso9660", "ext2", "ext4"])("%s", (format) => {
    test("has the same digest and bytes as a folder without the ignored entries", async () => {
        const tree = { "index.html": "hello", "conf/site": "x", "conf/keep/y": "y" };
        const bare = await plant("bare", tree);
        const full = await plant("full", {
            ...tree,
            ".git/HEAD": "ref: main",
            ".git/objects/aa/bb": "z",
            "conf/.site.swp": "swap",
        });
        execFileSync("mkfifo", [`${full}/.git/pipe`]);
        const ignore = [".git", "*.swp"];
        const wanted = await identify(bare, { format });
        const { digest, manifest, files, bytes } = await identify(full, { format, ignore });
        expect({ digest, manifest, files, bytes }).toMatchObject({
            digest: wanted.digest,
            manifest: wanted.manifest,
            files: wanted.files,
            bytes: wanted.bytes,
        });
        const built = await buildImage(full, { format, ignore }, { digest }, path("full.img"));
        const plain = await buildImage(bare, { format }, { digest }, path("bare.img"));
        expect(built.sha256).toBe(plain.sha256);
        expect(Object.keys(await listing(await unpack(path("full.img"), format, path("out")))).join(" ")).not.toMatch(
            /git|swp/,
        );
        await expect(identify(full, { format })).rejects.toMatchObject({ code: "invalid" });
    });
});

test("an ignored file may change while the image is built", async () => {
    const folder = await plant("tree", { a: "a", "log/x": "1" });
    const options: ImageOptions = { format: "iso9660", ignore: ["log/"] };
    const identity = await identify(folder, options);
    await writeFile(`${folder}/log/x`, "2");
    await buildImage(folder, options, identity, path("image"), () => writeFileSync(`${folder}/log/y`, "3"));
    expect((await identify(folder, options)).digest).toBe(identity.digest);
});

test("a folder with only ignored entries is an empty folder", async () => {
    const folder = await plant("tree", { "a/x.swp": "x" });
    expect((await identify(folder, { format: "iso9660", ignore: ["*.swp"] })).manifest).toEqual({
        "a/": expect.any(String),
    });
});

test("patterns for a single file are refused", async () => {
    const folder = await plant("tree", { disk: "x" });
    await expect(identify(`${folder}/disk`, { format: "raw", ignore: ["*.swp"] })).rejects.toMatchObject({
        code: "invalid",
        property: "ignore",
        message: expect.stringMatching(/disk is a file/),
    });
    await expect(identify({ a: "a" }, { format: "iso9660", ignore: ["*.swp"] })).rejects.toMatchObject({
        property: "ignore",
        message: expect.stringMatching(/map/),
    });
});

test("two images of one folder do not make each other read it again", async () => {
    const folder = await plant("tree", { a: "a", "b.swp": "b" });
    await new Promise((resolve) => setTimeout(resolve, 2100));
    await identify(folder, { format: "iso9660" });
    await identify(folder, { format: "iso9660", ignore: ["*.swp"] });
    const records = path("cache/pulumi-unikernel/hashes");
    const [name] = await readdir(records);
    expect(Object.keys(JSON.parse(await readFile(`${records}/${name}`, "utf8"))).sort()).toEqual(["a", "b.swp"]);
    await rm(`${folder}/b.swp`);
    await identify(folder, { format: "iso9660" });
    expect(Object.keys(JSON.parse(await readFile(`${records}/${name}`, "utf8")))).toEqual(["a"]);
});
