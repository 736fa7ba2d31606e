import { createHash, randomBytes, randomUUID } from "node:crypto";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { HostFiles } from "../../backends/libvirt/host";

export const text = (content: string) => ({ bytes: Buffer.from(content) });
export const sha256 = (...pieces: Uint8Array[]) => pieces.reduce((hash, piece) => hash.update(piece), createHash("sha256")).digest("hex");

/**
 * A guest's files from the first to the last, as every kind of HostFiles has to keep them.
 * @param base where the guests' folders are on this machine, to look at with other eyes
 * @param source a path for a file that is put
 * @returns the guest's uuid; its folder is gone
 */
export async function keepsFiles(files: HostFiles, base: string, source: string): Promise<string> {
    const uuid = randomUUID();
    expect(await files.list(uuid)).toEqual([]);
    expect(await files.read(uuid, "none", { length: 10 })).toBe("");
    expect(await files.digest(uuid, "none")).toBeUndefined();
    await files.remove(uuid, "none");

    const random = randomBytes(3_000_001);
    await writeFile(source, random);
    const seen: number[] = [];
    await files.put(uuid, "initrd", [{ file: source }, text("tail"), text("")], { mode: 0o644, onProgress: (bytes) => seen.push(bytes) });
    await files.put(uuid, "secret", [text("hush")], { mode: 0o600 });
    await files.put(uuid, "empty", [], { mode: 0o644 });
    expect(await files.path(uuid, "initrd")).toBe(join(base, uuid, "initrd"));
    expect(await files.digest(uuid, "initrd")).toBe(sha256(random, Buffer.from("tail")));
    expect(seen.at(-1)).toBe(3_000_005);
    expect(await files.list(uuid)).toEqual([{ name: "empty", size: 0 }, { name: "initrd", size: 3_000_005 }, { name: "secret", size: 4 }]);
    const modes = async (...names: string[]) => Promise.all(names.map(async (name) => (await stat(join(base, uuid, name))).mode & 0o777));
    expect(await modes(".", "initrd", "secret")).toEqual([0o711, 0o644, 0o600]);

    expect(await files.read(uuid, "initrd", { length: 4 })).toBe("tail");
    expect(await files.read(uuid, "secret", { offset: 1, length: 2 })).toBe("us");
    expect(await files.read(uuid, "secret", { offset: 4, length: 2 })).toBe("");
    expect(await files.read(uuid, "secret", { length: 100 })).toBe("hush");

    // A whole file of this name and size is left as it is: names carry a digest.
    await files.put(uuid, "secret", [text("HUSH")], { mode: 0o600 });
    expect(await files.read(uuid, "secret", { length: 4 })).toBe("hush");
    await files.put(uuid, "secret", [text("hush, hush")], { mode: 0o600 });
    expect(await files.read(uuid, "secret", { length: 100 })).toBe("hush, hush");

    await files.copy(uuid, "secret", "copy", { mode: 0o600 });
    await files.copy(uuid, "initrd", "copy", { mode: 0o600 });
    expect(await files.digest(uuid, "copy")).toBe(await files.digest(uuid, "initrd"));
    await files.rename(uuid, "secret", "copy");
    expect(await files.read(uuid, "copy", { length: 100 })).toBe("hush, hush");
    expect((await files.list(uuid)).map(({ name }) => name)).toEqual(["copy", "empty", "initrd"]);
    await expect(files.copy(uuid, "secret", "copy", { mode: 0o600 })).rejects.toMatchObject({ code: "invalid" });
    await expect(files.rename(uuid, "secret", "copy")).rejects.toMatchObject({ code: "invalid" });

    await files.removeFolder(uuid);
    expect((await files.list(uuid)).map(({ name }) => name)).toEqual(["copy", "empty", "initrd"]);
    await files.remove(uuid, "copy");
    await files.remove(uuid, "none", "empty", "initrd");
    await files.removeFolder(uuid);
    await files.removeFolder(uuid);
    return uuid;
}
