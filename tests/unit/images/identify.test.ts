import { execFileSync } from "node:child_process";
import { chmod, chown, link, mkdir, rename, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { type ImageOptions, type ImageSource, identify, loadManifest } from "../../../images";
import { oddTree, workspace } from "./workspace";

const { path, plant } = workspace();
const iso: ImageOptions = { format: "iso9660" };
const digestOf = async (source: ImageSource, options = iso): Promise<string> =>
    (await identify(source, options)).digest;

const same: Record<string, (folder: string) => Promise<unknown>> = {
    times: (folder) => utimes(`${folder}/index.html`, 5, 5),
    owners: (folder) => chown(`${folder}/index.html`, 1234, 1234),
    "permissions besides the owner's to execute": (folder) => chmod(`${folder}/index.html`, 0o600),
    "permissions of a folder": (folder) => chmod(`${folder}/conf`, 0o700),
    "a hard link in place of a copy": async (folder) => {
        await rm(`${folder}/copy of conf`);
        await link(`${folder}/conf/nginx.conf`, `${folder}/copy of conf`);
    },
};

test.each(Object.entries(same))("%s do not count", async (_, change) => {
    const folder = await plant("tree", oddTree);
    const before = await identify(folder, iso);
    await change(folder);
    expect(await identify(folder, iso)).toEqual(before);
});

test("order, place and holes do not count", async () => {
    const one = await plant("one", { ...oddTree, zeros: "\0".repeat(1 << 20) });
    const other = await plant("elsewhere/other", { ...oddTree, zeros: "" }, { reverse: true });
    await truncate(`${other}/zeros`, 1 << 20);
    expect(await identify(other, iso)).toEqual(await identify(one, iso));
    await symlink(other, path("link to it"));
    expect(await digestOf(path("link to it"))).toBe(await digestOf(one));
});

const other: Record<string, (folder: string) => Promise<unknown>> = {
    "a content": (folder) => writeFile(`${folder}/index.html`, "<h1>other</h1>"),
    "a name": (folder) => rename(`${folder}/index.html`, `${folder}/index.htm`),
    "the permission to execute": (folder) => chmod(`${folder}/index.html`, 0o755),
    "a new file": (folder) => writeFile(`${folder}/new`, ""),
    "a file gone": (folder) => rm(`${folder}/--`),
    "an empty folder": (folder) => mkdir(`${folder}/another`),
    "a link's target": async (folder) => {
        await rm(`${folder}/links/dangling`);
        await symlink("somewhere", `${folder}/links/dangling`);
    },
    "a link in place of a file": async (folder) => {
        await rm(`${folder}/index.html`);
        await symlink("<h1>hello</h1>", `${folder}/index.html`);
    },
};

test.each(Object.entries(other))("%s makes another image, and its manifest tells", async (_, change) => {
    const folder = await plant("tree", oddTree);
    const before = await identify(folder, iso);
    await change(folder);
    const after = await identify(folder, iso);
    expect(after.digest).not.toBe(before.digest);
    expect(after.manifest).not.toEqual(before.manifest);
});

test("every option makes another image", async () => {
    const file = `${await plant("tree", { disk: "disk" })}/disk`;
    const variants: ImageOptions[] = [
        iso,
        { format: "iso9660", label: "DATA" },
        { format: "ext2" },
        { format: "ext4" },
        { format: "ext4", size: 8 << 20 },
        { format: "raw" },
        { format: "raw", size: 1024 },
        { format: "qcow2" },
        { format: "raw", key: "00" },
        { format: "raw", key: "01" },
    ];
    const digests = await Promise.all(variants.map((options) => digestOf(file, options)));
    expect(new Set(digests).size).toBe(variants.length);
});

test("the name of a raw file does not count, nor that it comes from a map", async () => {
    const folder = await plant("tree", { one: "disk", two: "disk" });
    const sources: ImageSource[] = [`${folder}/one`, `${folder}/two`, { x: "disk" }, { y: { asset: `${folder}/one` } }];
    const digests = await Promise.all(sources.map((source) => digestOf(source, { format: "raw" })));
    expect(new Set(digests).size).toBe(1);
});

test("a map is the tree that it describes", async () => {
    const folder = await plant("tree", { "html/index.html": "<h1>", "logo.png": "png" });
    const map = { "/html/index.html": "<h1>", "logo.png": { asset: `${folder}/logo.png` } };
    expect(await identify(map, iso)).toEqual(await identify(folder, iso));
});

test("a manifest names each file, beyond 200 each folder, and the whole one is kept", async () => {
    const few = await identify(await plant("few", { "html/index.html": "a", b: "b", "c/d": { folder: true } }), iso);
    expect(Object.keys(few.manifest)).toEqual(["b", "c/d/", "html/index.html"]);
    expect(few).toMatchObject({ files: 2, bytes: 2 });
    const tree = Object.fromEntries(
        Array.from({ length: 300 }, (_, index) => [`dir${index % 3}/sub${index % 300}/file`, `${index}`]),
    );
    const many = await identify(await plant("many", { ...tree, top: "top" }), iso);
    expect(Object.keys(many.manifest).sort()).toEqual(["./", "dir0/", "dir1/", "dir2/"]);
    expect(Object.keys((await loadManifest(many.digest))!)).toHaveLength(301);
});

test("with a key, neither digest nor manifest can be computed without it", async () => {
    const plain = await identify({ "secret.txt": "pin 1234" }, iso);
    const keyed = await identify({ "secret.txt": "pin 1234" }, { ...iso, key: "ab".repeat(16) });
    expect(keyed.digest).not.toBe(plain.digest);
    expect(keyed.manifest["secret.txt"]).not.toBe(plain.manifest["secret.txt"]);
    expect(await identify({ "secret.txt": "pin 1234" }, { ...iso, key: "ab".repeat(16) })).toEqual(keyed);
});

const refused: [string, string, (folder: string) => Promise<unknown> | unknown][] = [
    ["a named pipe", "invalid", (folder) => execFileSync("mkfifo", [`${folder}/odd`])],
    ["a device", "invalid", (folder) => execFileSync("mknod", [`${folder}/odd`, "c", "1", "3"])],
    [
        "a socket",
        "invalid",
        (folder) =>
            new Promise((resolve) => {
                const server = createServer().listen(`${folder}/odd`, () => server.close(resolve));
                // Closing takes the name away; another one keeps it.
                execFileSync("ln", [`${folder}/odd`, `${folder}/odd2`]);
            }),
    ],
    [
        "not UTF-8",
        "invalid",
        (folder) => writeFile(Buffer.concat([Buffer.from(`${folder}/odd`), Buffer.from([0xff])]), ""),
    ],
];

test.each(refused)("%s is refused by name", async (kind, code, spoil) => {
    const folder = await plant("tree", { "index.html": "x" });
    await spoil(folder);
    await expect(identify(folder, iso)).rejects.toMatchObject({
        code,
        message: expect.stringMatching(new RegExp(`${folder}/odd.*${kind}`)),
    });
});

test("what may not be read is refused, all of it at once", async () => {
    const folder = await plant("tree", { "one/a": "a", "two/b": "b", c: "c" });
    await chmod(`${folder}/one`, 0);
    await chmod(`${folder}/c`, 0);
    process.seteuid!(65534);
    try {
        await expect(identify(folder, iso)).rejects.toMatchObject({
            code: "permission",
            message: expect.stringMatching(/one.*tree\/c|tree\/c.*one/s),
        });
    } finally {
        process.seteuid!(0);
    }
});

test.each<[string, ImageSource, ImageOptions, string, RegExp]>([
    ["a missing folder", "missing", iso, "not-found", /missing/],
    ["a missing asset", { "a/b": { asset: "missing" } }, iso, "not-found", /source\["a\/b"\].*missing/],
    ["a folder as an asset", { x: { asset: "/tmp" } }, iso, "invalid", /source\["x"\].*folder/],
    ["a folder as raw", "/tmp", { format: "raw" }, "invalid", /source: .tmp is a folder/],
    ["a folder as qcow2", "/tmp", { format: "qcow2" }, "invalid", /source: .tmp is a folder/],
    ["two files as raw", { a: "a", b: "b" }, { format: "raw" }, "invalid", /source: must be one file/],
    ["a file that is larger than size", { a: "x".repeat(600) }, { format: "raw", size: 512 }, "invalid", /600 bytes/],
])("%s is refused", async (_, source, options, code, message) => {
    await expect(identify(source, options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});
