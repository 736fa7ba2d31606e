import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, chown, link, mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import {
    type BuiltImage,
    buildImage,
    type ImageOptions,
    type ImageSource,
    identify,
    optionProblems,
} from "../../../images";
import { listing, unpack, verify } from "./contents";
import { oddTree, workspace } from "./workspace";

const { path, plant } = workspace();
const trees: ImageOptions["format"][] = ["iso9660", "ext2", "ext4"];
const all: ImageOptions["format"][] = [...trees, "raw", "qcow2"];

async function build(source: ImageSource, options: ImageOptions, name: string): Promise<BuiltImage> {
    await mkdir(path("out"), { recursive: true, mode: 0o777 });
    return buildImage(source, options, await identify(source, options), path("out", name));
}

test.each(trees)("%s holds every kind of name and entry", async (format) => {
    const folder = await plant("tree", oddTree);
    const { path: image, sha256, size } = await build(folder, { format }, "image");
    verify(image, format);
    expect(await listing(await unpack(image, format, path("unpacked")))).toEqual(await listing(folder));
    const bytes = await readFile(image);
    expect({ sha256, size }).toEqual({ sha256: createHash("sha256").update(bytes).digest("hex"), size: bytes.length });
    expect(await readdir(path("out"))).toEqual(["image"]);
});

test.each(trees)("%s is byte-identical in another order, time, locale, mask, user and folder", async (format) => {
    const big = "0123456789abcdef".repeat(20_000);
    const one = await plant("one", { ...oddTree, big, zeros: "\0".repeat(300_000) });
    const before = await build(one, { format }, "one");

    const two = await plant("some/where/else", { ...oddTree, zeros: "", big }, { reverse: true });
    await truncate(`${two}/zeros`, 300_000);
    await rm(`${two}/copy of conf`);
    await link(`${two}/conf/nginx.conf`, `${two}/copy of conf`);
    await chown(`${two}/index.html`, 1000, 1000);
    await chmod(`${two}/conf`, 0o777);
    await chmod(`${two}/conf/nginx.conf`, 0o666);
    await utimes(`${two}/index.html`, 1.7e9, 1.7e9);
    await rm(path("cache"), { recursive: true });
    for (const folder of ["out", "cache"]) {
        await mkdir(path(folder), { recursive: true });
        await chmod(path(folder), 0o777);
    }
    const environment = { ...process.env };
    Object.assign(process.env, {
        TZ: "Asia/Tokyo",
        LC_ALL: "tr_TR.UTF-8",
        LANG: "C",
        SOURCE_DATE_EPOCH: "1",
        HOME: "/nonexistent",
    });
    const mask = process.umask(0o077);
    process.seteuid!(65534);
    try {
        await new Promise((resolve) => setTimeout(resolve, 1100));
        const after = await build(two, { format }, "two");
        expect(after).toEqual({ ...before, path: path("out/two") });
    } finally {
        process.seteuid!(0);
        process.umask(mask);
        process.env = environment;
    }
});

test("raw is the file, in whole sectors or as large as told", async () => {
    const folder = await plant("tree", { disk: "x".repeat(700) });
    await build(`${folder}/disk`, { format: "raw" }, "sectors");
    expect(await readFile(path("out/sectors"), "latin1")).toBe("x".repeat(700) + "\0".repeat(324));
    expect((await build(`${folder}/disk`, { format: "raw", size: 1 << 20 }, "sized")).size).toBe(1 << 20);
    expect((await stat(path("out/sized"))).blocks * 512).toBeLessThan(1 << 20);
    await build({ any: "text" }, { format: "raw" }, "text");
    expect(await readFile(path("out/text"), "latin1")).toBe(`text${"\0".repeat(508)}`);
});

test("qcow2 holds the disk, the same bytes from a sparse or a dense file, and grows to size", async () => {
    const folder = await plant("tree", { dense: `head${"\0".repeat(5_000_000)}tail${"\0".repeat(508)}` });
    execFileSync("cp", ["--sparse=always", `${folder}/dense`, `${folder}/sparse`]);
    await truncate(`${folder}/dense`, 5_000_704);
    await truncate(`${folder}/sparse`, 5_000_704);
    const dense = await build(`${folder}/dense`, { format: "qcow2" }, "dense");
    verify(dense.path, "qcow2");
    expect(await build(`${folder}/sparse`, { format: "qcow2" }, "sparse")).toEqual({
        ...dense,
        path: path("out/sparse"),
    });
    execFileSync("qemu-img", ["compare", "-f", "raw", "-F", "qcow2", `${folder}/dense`, dense.path]);
    // A qcow2 image as the source, grown.
    const grown = await build(dense.path, { format: "qcow2", size: 64 << 20 }, "grown");
    const info = JSON.parse(execFileSync("qemu-img", ["info", "--output=json", grown.path], { encoding: "utf8" }));
    expect(info).toMatchObject({ "virtual-size": 64 << 20, format: "qcow2" });
});

test("a qcow2 that would read another file is refused", async () => {
    await writeFile(path("base.raw"), Buffer.alloc(1 << 20));
    execFileSync("qemu-img", [
        "create",
        "-q",
        "-f",
        "qcow2",
        "-b",
        path("base.raw"),
        "-F",
        "raw",
        path("overlay.qcow2"),
    ]);
    execFileSync("qemu-img", [
        "create",
        "-q",
        "-f",
        "qcow2",
        "-o",
        `data_file=${path("data")}`,
        path("external.qcow2"),
        "1M",
    ]);
    for (const file of ["overlay.qcow2", "external.qcow2"]) {
        await expect(identify(path(file), { format: "qcow2" })).rejects.toMatchObject({
            code: "invalid",
            message: expect.stringContaining("needs another file"),
        });
    }
});

test("an image as the source of another format is refused, naming the format to use", async () => {
    for (const format of all) await build({ disk: "disk" }, { format }, format);
    const cases: [string, ImageOptions["format"], RegExp][] = [
        ["iso9660", "iso9660", /iso9660 image; use format "raw"/],
        ["ext2", "iso9660", /ext2 image; use format "raw"/],
        ["ext4", "ext2", /ext4 image/],
        ["qcow2", "ext4", /qcow2 image; use format "qcow2"/],
        ["qcow2", "raw", /use format "qcow2"/],
    ];
    for (const [image, format, message] of cases) {
        await expect(identify(path("out", image), { format })).rejects.toMatchObject({
            code: "invalid",
            message: expect.stringMatching(message),
        });
    }
});

test("labels are those of the images", async () => {
    const iso = await build({ a: "a" }, { format: "iso9660", label: "My-Data_1.0" }, "iso");
    expect((await readFile(iso.path)).toString("latin1", 32_808, 32_840).trimEnd()).toBe("My-Data_1.0");
    const ext = await build({ a: "a" }, { format: "ext4", label: "sixteen-letters_" }, "ext");
    expect((await readFile(ext.path)).toString("latin1", 1024 + 120, 1024 + 136)).toBe("sixteen-letters_");
});

test("ext takes the size that it is told, and says when that is too small", async () => {
    expect((await build({ a: "a" }, { format: "ext2", size: 3 << 20 }, "small")).size).toBe(3 << 20);
    await expect(build({ a: "a".repeat(4 << 20) }, { format: "ext2", size: 3 << 20 }, "full")).rejects.toMatchObject({
        code: "invalid",
        property: "size",
    });
    expect(await readdir(path("out"))).toEqual(["small"]);
    expect(optionProblems({ format: "ext4", size: 9 << 20 })).toEqual([
        { property: "size", reason: expect.stringContaining("10 MiB") },
    ]);
    const smallest = await build({ a: "a" }, { format: "ext4", size: 10 << 20 }, "journal");
    expect(execFileSync("/usr/sbin/dumpe2fs", ["-h", smallest.path], { encoding: "utf8", stdio: "pipe" })).toMatch(
        /has_journal[^]*Total journal blocks: +1024/,
    );
});

test.each<[string, Record<string, string>]>([
    [
        "many small files",
        Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`${index % 7}/${index}`, `${index}`])),
    ],
    ["long names", Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`${index}${"n".repeat(240)}`, ""]))],
    ["nothing", {}],
])("the size that ext computes is enough for %s", async (_, files) => {
    for (const format of ["ext2", "ext4"] as const) verify((await build(files, { format }, format)).path, format);
});

test("secret texts stay with the owner: the image's file, and nothing else", async () => {
    const built = await build({ "pin.txt": "secret-1234" }, { format: "iso9660", key: "00" }, "image");
    expect((await stat(built.path)).mode & 0o777).toBe(0o600);
    for (const name of await readdir(path("cache"), { recursive: true })) {
        const file = path("cache", name);
        if ((await stat(file)).isFile()) expect(await readFile(file, "latin1")).not.toContain("secret-1234");
    }
});

test("progress ends at the whole content", async () => {
    const source = { disk: "x".repeat(3_000_000) };
    for (const format of all) {
        const seen: number[] = [];
        await buildImage(source, { format }, await identify(source, { format }), path(format), (bytes, total) => {
            expect(total).toBe(3_000_000);
            seen.push(bytes);
        });
        expect(seen.at(-1)).toBe(3_000_000);
    }
});
