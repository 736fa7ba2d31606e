import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
    appendFileSync,
    mkdirSync,
    renameSync,
    rmSync,
    statSync,
    symlinkSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildImage, cachePath, type ImageOptions, identify, makeImageFolder } from "../../../images";
import { temporaryName } from "../../../localFiles/temporary";
import { workspace } from "./workspace";

const { path, plant } = workspace();
const iso: ImageOptions = { format: "iso9660" };
const formats: ImageOptions["format"][] = ["iso9660", "ext2", "ext4"];

/** Synchronous, so that a build that reports its progress goes on with the changed source. */
const changes: Record<string, (folder: string) => void> = {
    "a longer file": (folder) => appendFileSync(`${folder}/a`, "more"),
    "a shorter file": (folder) => writeFileSync(`${folder}/a`, ""),
    "another content with size and time kept": (folder) => {
        const { atime, mtime } = statSync(`${folder}/a`);
        writeFileSync(`${folder}/a`, "b");
        utimesSync(`${folder}/a`, atime, mtime);
    },
    "a file gone": (folder) => rmSync(`${folder}/a`),
    "a new file": (folder) => writeFileSync(`${folder}/new`, ""),
    "a new empty folder": (folder) => mkdirSync(`${folder}/new`),
    "another file under the name": (folder) => {
        writeFileSync(`${folder}/other`, "a");
        renameSync(`${folder}/other`, `${folder}/a`);
        writeFileSync(`${folder}/a`, "z");
    },
    "a link in place of a folder": (folder) => {
        rmSync(`${folder}/d`, { recursive: true });
        symlinkSync("b", `${folder}/d`);
    },
    "the source gone": (folder) => rmSync(folder, { recursive: true }),
};

describe.each(["before the build", "while it is built"])("changed %s:", (when) => {
    test.each(Object.entries(changes))("%s is an error, not a broken image", async (_, change) => {
        for (const format of formats) {
            const folder = await plant(format, { a: "a", b: "b", "d/e": "e" });
            await mkdir(path("out"), { recursive: true });
            await writeFile(path("out/image"), "what was there before");
            const identity = await identify(folder, { format });
            if (when === "before the build") change(folder);
            let whole = true;
            const building = buildImage(folder, { format }, identity, path("out/image"), () => {
                if (when === "while it is built" && whole) change(folder);
                whole = false;
            });
            await expect(building).rejects.toMatchObject({ code: expect.stringMatching(/changed|not-found/) });
            expect(await readdir(path("out"))).toEqual(["image"]);
            expect(await readFile(path("out/image"), "utf8")).toBe("what was there before");
        }
    });
});

test.each(["raw", "qcow2"] as const)("%s: a file that changes while it is read is an error", async (format) => {
    const folder = await plant("tree", { disk: "x".repeat(1 << 20) });
    let whole = true;
    const building = buildImage(
        `${folder}/disk`,
        { format },
        await identify(`${folder}/disk`, { format }),
        path("image"),
        () => {
            if (whole) appendFileSync(`${folder}/disk`, "y");
            whole = false;
        },
    );
    await expect(building).rejects.toMatchObject({ code: "changed" });
    expect((await readdir(path())).filter((name) => name.includes("image"))).toEqual([]);
});

describe("a full disk", () => {
    beforeEach(async () => {
        await mkdir(path("small"));
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "none", path("small")]);
    });
    afterEach(() => void execFileSync("umount", [path("small")]));

    test.each<[ImageOptions["format"], string | Record<string, string>]>([
        ["iso9660", { a: "x".repeat(12 << 20) }],
        ["ext2", { a: "x".repeat(12 << 20) }],
        ["ext4", { a: "x".repeat(12 << 20) }],
        ["raw", "disk"],
        ["qcow2", "disk"],
        ["iso9660", "tree"],
    ])("%s: is said with its figures, and leaves the old file and nothing else", async (format, content) => {
        const folder = await plant("tree", { disk: "x".repeat(12 << 20) });
        const source = content === "tree" ? folder : content === "disk" ? `${folder}/disk` : content;
        await writeFile(path("small/image"), "old");
        const building = buildImage(source, { format }, await identify(source, { format }), path("small/image"));
        await expect(building).rejects.toMatchObject({
            code: "no-space",
            hint: expect.stringMatching(/small has [78]\d{6} bytes free and about 12582912 are needed/),
        });
        expect(await readdir(path("small"))).toEqual(["image"]);
        expect(await readFile(path("small/image"), "utf8")).toBe("old");
    });

    test("of the cache: identify still works", async () => {
        process.env.XDG_CACHE_HOME = path("small");
        await writeFile(path("small/fill"), Buffer.alloc(8 << 20)).catch(() => undefined);
        const { files } = await identify(await plant("tree", { a: "a" }), iso);
        expect(files).toBe(1);
    });
});

test("a folder that may not be written to is named, and the old file stays", async () => {
    await mkdir(path("out"));
    await writeFile(path("out/image"), "old");
    await chmod(path("out"), 0o555);
    await mkdir(path("cache"));
    await chmod(path("cache"), 0o777);
    process.seteuid!(65534);
    try {
        const building = buildImage({ a: "a" }, iso, await identify({ a: "a" }, iso), path("out/image"));
        await expect(building).rejects.toMatchObject({
            code: "permission",
            message: expect.stringContaining(path("out")),
        });
    } finally {
        process.seteuid!(0);
    }
    expect(await readFile(path("out/image"), "utf8")).toBe("old");
});

test.each([
    ["iso9660", "xorriso"],
    ["ext4", "e2fsprogs"],
    ["qcow2", "qemu-utils"],
] as const)("%s: a missing program names its package", async (format, name) => {
    const identity = await identify({ a: "a" }, { format });
    const before = process.env.PATH;
    process.env.PATH = path("nothing");
    try {
        const building = buildImage({ a: "a" }, { format }, identity, path("image"));
        // The programs of e2fsprogs are looked for in /usr/sbin too.
        if (format === "ext4") await building;
        else
            await expect(building).rejects.toMatchObject({
                code: "program-missing",
                hint: expect.stringContaining(name),
            });
    } finally {
        process.env.PATH = before;
    }
});

test("a program that fails is quoted", async () => {
    await mkdir(path("bin"));
    await writeFile(path("bin/xorriso"), "#!/bin/sh\necho first >&2\necho 'the disk is on fire' >&2\nexit 7\n", {
        mode: 0o755,
    });
    const before = process.env.PATH;
    process.env.PATH = `${path("bin")}:${before}`;
    try {
        const building = buildImage({ a: "a" }, iso, await identify({ a: "a" }, iso), path("image"));
        await expect(building).rejects.toMatchObject({
            code: "program-failed",
            hint: expect.stringContaining("the disk is on fire"),
        });
    } finally {
        process.env.PATH = before;
    }
    expect((await readdir(path())).filter((name) => name.includes("image"))).toEqual([]);
});

test("what a killed build left goes with the next one; what another build is writing stays", async () => {
    await makeImageFolder();
    const identity = await identify({ a: "a" }, iso);
    const image = cachePath(identity.digest, "iso9660");
    const dead = spawn("sleep", ["60"]);
    const living = temporaryName(image);
    // The name that a process of that number would give, started when it was.
    const started = (await readFile(`/proc/${dead.pid}/stat`, "utf8")).replace(/^.*\) /s, "").split(" ")[19];
    const left = living.replace(/\.\d+-\d+\./, `.${dead.pid}-${started}.`);
    for (const file of [left, living]) await writeFile(file, "half");
    await buildImage({ a: "a" }, iso, identity, image);
    expect(await stat(left)).toBeDefined();
    dead.kill();
    await once(dead, "exit");
    await buildImage({ a: "a" }, iso, identity, image);
    const names = await readdir(join(image, ".."));
    expect(names.filter((name) => name.endsWith(".tmp"))).toEqual([living.split("/").at(-1)]);
});

test("several builds of one image at once all succeed, and leave one whole file", async () => {
    const source = { a: "x".repeat(1 << 20), b: "y" };
    const identity = await identify(source, iso);
    await makeImageFolder();
    const image = cachePath(identity.digest, "iso9660");
    const built = await Promise.all(Array.from({ length: 4 }, () => buildImage(source, iso, identity, image)));
    expect(new Set(built.map(({ sha256 }) => sha256)).size).toBe(1);
    expect(await readdir(join(image, ".."))).toEqual([`${identity.digest}.iso`]);
    expect((await stat(image)).size).toBe(built[0]!.size);
});
