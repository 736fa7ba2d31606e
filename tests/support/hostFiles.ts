import { createHash, randomBytes, randomUUID } from "node:crypto";
import { appendFile, chown, mkdir, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { HostFiles } from "../../backends/libvirt/host";

export const text = (content: string) => ({ bytes: Buffer.from(content) });
export const sha256 = (...pieces: Uint8Array[]) =>
    pieces.reduce((hash, piece) => hash.update(piece), createHash("sha256")).digest("hex");

/**
 * Check the whole life of a guest's files, which every kind of HostFiles must support.
 * @param base the folder of guests' folders on this machine, to check files independently
 * @param source a path for a file to put
 * @returns the guest's uuid; its folder is removed
 */
export async function keepsFiles(files: HostFiles, base: string, source: string): Promise<string> {
    const uuid = randomUUID();
    expect(await files.list(uuid)).toEqual([]);
    expect(await files.read(uuid, "none", { length: 10 })).toBe("");
    expect(await files.digest(uuid, "none")).toBeUndefined();
    expect(await files.owner(uuid, "none")).toBeUndefined();
    await files.remove(uuid, "none");

    const random = randomBytes(3_000_001);
    await writeFile(source, random);
    const seen: number[] = [];
    await files.put(uuid, "initrd", [{ file: source }, text("tail"), text("")], {
        mode: 0o644,
        onProgress: (bytes) => seen.push(bytes),
    });
    await files.put(uuid, "secret", [text("hush")], { mode: 0o600 });
    await files.put(uuid, "empty", [], { mode: 0o644 });
    expect(await files.path(uuid, "initrd")).toBe(join(base, uuid, "initrd"));
    expect(await files.guests()).toContain(uuid);
    expect(await files.digest(uuid, "initrd")).toBe(sha256(random, Buffer.from("tail")));
    expect(seen.at(-1)).toBe(3_000_005);
    expect(await files.list(uuid)).toEqual([
        { name: "empty", size: 0 },
        { name: "initrd", size: 3_000_005 },
        { name: "secret", size: 4 },
    ]);
    // Asked at the same time: by ssh, one script answers.
    expect(await Promise.all(["empty", "none", "initrd"].map((name) => files.size(uuid, name)))).toEqual([
        0,
        undefined,
        3_000_005,
    ]);
    expect(await files.size(uuid, "secret")).toBe(4);
    const modes = async (...names: string[]) =>
        Promise.all(names.map(async (name) => (await stat(join(base, uuid, name))).mode & 0o777));
    expect(await modes(".", "initrd", "secret")).toEqual([0o711, 0o644, 0o600]);
    await chown(join(base, uuid, "empty"), 64055, 107);
    expect(await files.owner(uuid, "empty")).toBe(64055);
    expect(await files.owner(uuid, "secret")).toBe((await stat(join(base, uuid, "secret"))).uid);
    expect(await files.owner(uuid, "none")).toBeUndefined();

    expect(await files.read(uuid, "initrd", { length: 4 })).toBe("tail");
    expect(await files.read(uuid, "secret", { offset: 1, length: 2 })).toBe("us");
    expect(await files.read(uuid, "secret", { offset: 4, length: 2 })).toBe("");
    expect(await files.read(uuid, "secret", { length: 100 })).toBe("hush");

    // A complete file of this name and size is not replaced: names contain a digest.
    await files.put(uuid, "secret", [text("HUSH")], { mode: 0o600 });
    expect(await files.read(uuid, "secret", { length: 4 })).toBe("hush");
    await files.put(uuid, "secret", [text("hush, hush")], { mode: 0o600 });
    expect(await files.read(uuid, "secret", { length: 100 })).toBe("hush, hush");

    await files.copy(uuid, "secret", "copy", { mode: 0o600 });
    await files.copy(uuid, "initrd", "copy", { mode: 0o600 });
    expect(await files.digest(uuid, "copy")).toBe(await files.digest(uuid, "initrd"));
    await expect(files.rename(uuid, "secret", "copy")).rejects.toMatchObject({ code: "in-use" });
    expect(await files.read(uuid, "secret", { length: 100 })).toBe("hush, hush");
    await files.rename(uuid, "secret", "copy", { replace: true });
    expect(await files.read(uuid, "copy", { length: 100 })).toBe("hush, hush");
    expect((await files.list(uuid)).map(({ name }) => name)).toEqual(["copy", "empty", "initrd"]);
    await expect(files.copy(uuid, "secret", "copy", { mode: 0o600 })).rejects.toMatchObject({ code: "invalid" });
    await expect(files.rename(uuid, "secret", "copy")).rejects.toMatchObject({ code: "invalid" });

    await verifiesDigests(files, uuid, source);
    await makesNewFiles(files, uuid, source);
    await followsAGrowingFile(files, base, uuid);
    await keepsStrangeThings(files, base, uuid);

    await files.removeFolder(uuid);
    expect((await files.list(uuid)).map(({ name }) => name)).toEqual(["copy", "empty", "initrd"]);
    await files.remove(uuid, "copy");
    await files.remove(uuid, "none", "empty", "initrd");
    await files.removeFolder(uuid);
    await files.removeFolder(uuid);
    return uuid;
}

/** Check that a copied file has its digest, or does not exist. */
async function verifiesDigests(files: HostFiles, uuid: string, source: string): Promise<void> {
    const good = randomBytes(200_000),
        name = "sum-0123456789abcdef";
    await writeFile(source, good);
    const other = sha256(Buffer.from("another"));
    for (const parts of [[{ file: source }], [{ file: source }, text("tail")], [text("small")]]) {
        await expect(files.put(uuid, name, parts, { mode: 0o644, digest: other })).rejects.toMatchObject({
            code: "changed",
            hint: expect.any(String),
        });
        await expect(files.putNew(uuid, name, parts, { mode: 0o600, digest: other })).rejects.toMatchObject({
            code: "changed",
        });
        expect(await files.digest(uuid, name)).toBeUndefined();
    }
    // Of the same size as the right file, but with other content.
    await files.put(uuid, name, [{ bytes: randomBytes(good.length) }], { mode: 0o644 });
    await files.put(uuid, name, [{ file: source }], { mode: 0o644, digest: sha256(good) });
    expect(await files.digest(uuid, name)).toBe(sha256(good));
    await files.remove(uuid, name);
}

/** Check that exactly one of many concurrent calls creates the file, and that it is complete. */
async function makesNewFiles(files: HostFiles, uuid: string, source: string): Promise<void> {
    const small = Array.from({ length: 4 }, (_, index) => `claim ${index}`);
    const made = await Promise.all(
        small.map((content) => files.putNew(uuid, "claim", [text(content)], { mode: 0o600 })),
    );
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await files.read(uuid, "claim", { length: 100 })).toBe(small[made.indexOf(true)]);
    expect(await files.putNew(uuid, "claim", [text("late, and of another size")], { mode: 0o600 })).toBe(false);
    const large = randomBytes(300_000);
    await writeFile(source, large);
    expect(await files.putNew(uuid, "seed", [{ file: source }], { mode: 0o600, digest: sha256(large) })).toBe(true);
    expect(await files.putNew(uuid, "seed", [{ bytes: randomBytes(300_000) }], { mode: 0o600 })).toBe(false);
    expect(await files.digest(uuid, "seed")).toBe(sha256(large));
    await files.remove(uuid, "claim", "seed");
}

/** Check that a log that another program writes is read as it grows, byte for byte, and when a new one takes its name. */
async function followsAGrowingFile(files: HostFiles, base: string, uuid: string): Promise<void> {
    const path = join(base, uuid, "console.log");
    const next = async (offset?: number): Promise<string> =>
        files.read(uuid, "console.log", { offset, length: 100, growing: true });
    expect(await next()).toBe("");
    await writeFile(path, "boot é");
    expect(Buffer.from(await next(), "latin1").toString("utf8")).toBe("boot é");
    await appendFile(path, " ready");
    expect(await next(6)).toBe("\u00a9 ready");
    expect(await next(13)).toBe("");
    expect(await next(20)).toBe("");
    await rename(path, `${path}.0`);
    expect(await next()).toBe("");
    await writeFile(path, "again");
    expect(await next(0)).toBe("again");
    await Promise.all([path, `${path}.0`].map((one) => rm(one)));
}

/** Check that files left by editors, NFS and people in a folder are neither listed nor removed. */
async function keepsStrangeThings(files: HostFiles, base: string, uuid: string): Promise<void> {
    const at = (name: string): string => join(base, uuid, name);
    const names = [".nfs000000000123", ".x.swp", "a folder", "with blank", "~x"];
    await mkdir(at("a folder"));
    for (const name of names.filter((name) => name !== "a folder")) await writeFile(at(name), "");
    await symlink("nowhere", at("link"));
    expect((await files.list(uuid)).map(({ name }) => name)).not.toEqual(expect.arrayContaining(names));
    const strange = await files.strange(uuid);
    expect(strange).toEqual(expect.arrayContaining(names));
    await files.removeFolder(uuid);
    expect(await readdir(join(base, uuid))).toEqual(expect.arrayContaining([...names, "link"]));
    for (const name of [...names, "link"]) await rm(at(name), { recursive: true });
    expect(await files.strange(uuid)).toEqual([]);
}
