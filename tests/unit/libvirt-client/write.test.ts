import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { sweep, writeWhole } from "../../../backends/libvirt/files/write";

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "puk-test-write-"))));
afterEach(() => rm(folder, { recursive: true }));

test("pieces become one file, with the mode whatever the umask", async () => {
    await writeFile(join(folder, "a"), "A".repeat(200_000), { mode: 0o600 });
    const before = process.umask(0o077);
    try {
        await writeWhole(
            join(folder, "out"),
            [{ bytes: Buffer.from("<") }, { file: join(folder, "a") }, { bytes: Buffer.from(">") }],
            { mode: 0o644 },
        );
        await writeWhole(join(folder, "copy"), [{ file: join(folder, "a") }], { mode: 0o644 });
    } finally {
        process.umask(before);
    }
    expect(await readFile(join(folder, "out"), "latin1")).toBe(`<${"A".repeat(200_000)}>`);
    expect(await readFile(join(folder, "copy"), "latin1")).toBe("A".repeat(200_000));
    for (const name of ["out", "copy"]) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o644);
});

test("zeros at the end, in the middle, and all over are kept as holes", async () => {
    const mib = 1024 * 1024;
    const content = Buffer.concat([
        Buffer.alloc(mib),
        Buffer.from("x"),
        Buffer.alloc(3 * mib),
        Buffer.from("y"),
        Buffer.alloc(mib),
    ]);
    await writeWhole(join(folder, "out"), [{ bytes: content }], { mode: 0o644 });
    expect((await readFile(join(folder, "out"))).equals(content)).toBe(true);
    expect((await stat(join(folder, "out"))).blocks * 512).toBeLessThan(mib);
});

test("what fails leaves neither a half file nor a temporary one, and the old one as it was", async () => {
    await writeFile(join(folder, "out"), "old");
    await expect(
        writeWhole(join(folder, "out"), [{ bytes: Buffer.from("new") }, { file: join(folder, "nowhere") }], {
            mode: 0o644,
        }),
    ).rejects.toThrow("ENOENT");
    expect(await readdir(folder)).toEqual(["out"]);
    expect(await readFile(join(folder, "out"), "utf8")).toBe("old");
});

test("the temporary files of processes that are gone are swept, of living ones not", async () => {
    const dead = spawnSync("true").pid;
    await writeFile(join(folder, `.image.${dead}.part`), "");
    await writeFile(join(folder, `.image.${process.pid}.part`), "");
    await writeFile(join(folder, "image"), "");
    await sweep(folder);
    expect((await readdir(folder)).sort()).toEqual([`.image.${process.pid}.part`, "image"]);
});
