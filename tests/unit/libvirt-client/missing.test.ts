import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, rmdir, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { LocalFiles } from "../../../backends/libvirt/files";

const uuid = "01234567-0123-4123-8123-0123456789ab";
let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "puk-test-missing-"))));
afterEach(() => rm(folder, { recursive: true }));

const asked = (base: string): (() => Promise<unknown>)[] => {
    const files = new LocalFiles(base);
    return [() => files.list(uuid), () => files.strange(uuid)];
};

test("a folder that is not there holds no file, whichever of its parents is missing", async () => {
    for (const base of [folder, join(folder, "none"), join(folder, "none", "below")]) {
        for (const ask of asked(base)) expect(await ask()).toEqual([]);
    }
    expect(await new LocalFiles(join(folder, "none")).guests()).toEqual([]);
});

test("a link that leads nowhere is an error, the guest's folder or one above it", async () => {
    await symlink("nowhere", join(folder, "away"));
    await symlink("nowhere", join(folder, uuid));
    const refused = {
        code: "program-failed",
        message: expect.stringContaining("is a link that leads nowhere"),
        hint: expect.stringContaining("mount"),
    };
    for (const ask of [
        ...asked(folder),
        ...asked(join(folder, "away")),
        ...asked(join(folder, "away", "below")),
        () => new LocalFiles(join(folder, "away")).guests(),
    ]) {
        await expect(ask()).rejects.toMatchObject(refused);
    }
});

test("a file in the place of the folder is an error", async () => {
    await writeFile(join(folder, uuid), "");
    for (const ask of asked(folder))
        await expect(ask()).rejects.toMatchObject({ code: "program-failed", hint: expect.stringContaining(folder) });
});

test("a folder that was removed while something still leads to it is an error", async () => {
    await mkdir(join(folder, "gone"));
    const child = spawn("sh", ["-c", "echo here; read wait"], {
        cwd: join(folder, "gone"),
        stdio: ["pipe", "pipe", "inherit"],
    });
    try {
        await once(child.stdout, "data");
        await rmdir(join(folder, "gone"));
        await symlink(`/proc/${child.pid}/cwd`, join(folder, uuid));
        for (const ask of asked(folder))
            await expect(ask()).rejects.toMatchObject({
                code: "program-failed",
                message: expect.stringContaining("was removed where it is mounted from"),
            });
    } finally {
        child.stdin.end();
        await once(child, "close");
    }
});
