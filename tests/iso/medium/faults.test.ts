import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, statSync } from "node:fs";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bake, type MediumContents, mediumOf } from "../../../backends/iso/medium";
import { moduleFolder } from "../../../backends/iso/medium/modules";
import { sweepTemporaries } from "../../../localFiles";
import { withSignal } from "../../../model";
import { mediumPlan } from "../../support/mediumPlans";
import { workspace } from "../../unit/images/workspace";
import { bakeChild, plantMedium } from "./media";

jest.setTimeout(900_000);
const { path } = workspace();
const plant = async (sizes?: Parameters<typeof plantMedium>[1]): Promise<MediumContents> =>
    mediumOf(mediumPlan(await plantMedium(path("in"), sizes)));

describe("a missing program is named with its package, and nothing is left", () => {
    const { PATH } = process.env;
    afterEach(() => {
        process.env.PATH = PATH;
    });

    test.each([
        ["grub-mkimage", "grub-common"],
        ["mformat", "mtools"],
        ["mcopy", "mtools"],
        ["xorriso", "xorriso"],
    ])("%s", async (missing, package_) => {
        await mkdir(path("bin"));
        await mkdir(path("out"));
        for (const name of ["grub-mkimage", "mformat", "mcopy", "xorriso"])
            if (name !== missing) await symlink(join("/usr/bin", name), path("bin", name));
        const contents = await plant();
        process.env.PATH = path("bin");
        await expect(bake(contents, path("out/image"))).rejects.toMatchObject({
            code: "program-missing",
            message: expect.stringContaining(missing),
            hint: expect.stringContaining(`apt-get install ${package_}`),
        });
        expect(await readdir(path("out"))).toEqual([]);
    });
});

test("GRUB's modules are found where a distribution has them, and missing ones named with their package", async () => {
    await mkdir(path("lib/grub2/i386-pc"), { recursive: true });
    await writeFile(path("lib/grub2/i386-pc/moddep.lst"), "");
    const roots = [path("lib/grub"), path("lib/grub2")];
    expect(await moduleFolder("bios", roots)).toBe(path("lib/grub2/i386-pc"));
    await expect(moduleFolder("uefi", roots)).rejects.toMatchObject({
        code: "program-missing",
        message: expect.stringMatching(/x86_64-efi.*grub2/s),
        hint: expect.stringContaining("grub-efi-amd64-bin"),
    });
    await expect(moduleFolder("bios", [])).rejects.toMatchObject({
        code: "program-missing",
        hint: expect.stringContaining("grub-pc-bin"),
    });
});

test.each(["64k", "700k", "2m", "4m"])(
    "a disk with %s is full at one step or another: said with its figures, and nothing is left",
    async (size) => {
        const contents = await plant({ kernel: 3_000_000 });
        await mkdir(path("small"));
        execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "none", path("small")]);
        try {
            await expect(bake(contents, path("small/image"))).rejects.toMatchObject({
                code: "no-space",
                hint: expect.stringMatching(/small has \d+ bytes free and about [5-6]\d{6} are needed/),
            });
            expect(await readdir(path("small"))).toEqual([]);
        } finally {
            execFileSync("umount", [path("small")]);
        }
    },
);

test("a folder that cannot be written to is named", async () => {
    const contents = await plant();
    await mkdir(path("out"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "ro", "none", path("out")]);
    try {
        await expect(bake(contents, path("out/image"))).rejects.toMatchObject({
            code: "permission",
            message: expect.stringContaining(path("out/image")),
        });
    } finally {
        execFileSync("umount", [path("out")]);
    }
    await expect(bake(contents, path("nowhere/image"))).rejects.toMatchObject({ code: "not-found" });
});

test("a file that is there already is never overwritten", async () => {
    await writeFile(path("image"), "theirs");
    await expect(bake(await plant(), path("image"))).rejects.toThrow(/EEXIST/);
    expect(await readFile(path("image"), "utf8")).toBe("theirs");
});

test.each(["before", "while"])("a kernel that changes %s it is baked is an error, not a medium", async (when) => {
    const contents = await plant({ kernel: 3_000_000 });
    await mkdir(path("out"));
    // Synchronous, so that a bake that reports its progress goes on with the changed kernel.
    const change = (): void => appendFileSync(path("in/vmlinuz"), "more");
    if (when === "before") change();
    await expect(bake(contents, path("out/image"), { onProgress: change })).rejects.toMatchObject({
        code: "changed",
        property: "kernel",
    });
    expect(await readdir(path("out"))).toEqual([]);
});

test("a data image that is gone is named", async () => {
    const contents = await plant();
    contents.files.find((file) => file.path === "/images/0")!.parts = [{ file: path("gone") }];
    await expect(bake(contents, path("image"))).rejects.toMatchObject({
        code: "not-found",
        message: expect.stringContaining(path("gone")),
    });
});

test("an abort ends it, and nothing is left", async () => {
    const contents = await plant({ data: 20_000_000 });
    await mkdir(path("out"));
    const controller = new AbortController();
    await expect(
        withSignal(controller.signal, () =>
            bake(contents, path("out/image"), { onProgress: () => controller.abort() }),
        ),
    ).rejects.toThrow(/abort/i);
    expect(await readdir(path("out"))).toEqual([]);
});

const moments: [string, RegExp, number][] = [
    ["has its folder", /staging/, 0],
    ["makes the loaders", /bios\.img$/, 0],
    ["makes the FAT file system", /uefi\.img$/, 0],
    ["writes the image", /^\.image\.(?!staging)[^/]*$/, 1],
];
test.each(moments)("killed as soon as it %s, it leaves what the next sweep removes", async (_, file, bytes) => {
    await writeFile(path("options"), JSON.stringify(await plantMedium(path("in"), { data: 20_000_000 })));
    await mkdir(path("out"));
    const child = bakeChild([path("options"), path("out/image")]);
    const ended = once(child, "exit");
    const reached = async (): Promise<boolean> =>
        (await readdir(path("out"), { recursive: true })).some(
            (name) => file.test(name) && (statSync(path("out", name), { throwIfNoEntry: false })?.size ?? -1) >= bytes,
        );
    while (!(await reached()) && child.exitCode === null) await sleep(1);
    child.kill("SIGKILL");
    await ended;
    expect(child.exitCode ?? 0).toBe(0);
    // Programs that it had started may still be at work.
    await sleep(300);
    expect(await readdir(path("out"))).not.toEqual([]);
    await sweepTemporaries(path("out"));
    expect(await readdir(path("out"))).toEqual([]);
});
