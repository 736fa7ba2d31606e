import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { closeClient } from "../../backends/libvirt/client";
import { LocalFiles, VolumeFiles } from "../../backends/libvirt/files";
import type { HostFiles } from "../../backends/libvirt/host";
import { startLibvirtHost, type LibvirtHost } from "../support/libvirtHost";
import { tinyDomain } from "../support/tinyDomain";

jest.setTimeout(60_000);

let machine: LibvirtHost;
let folder: string;
beforeAll(async () => {
    machine = await startLibvirtHost();
    folder = await mkdtemp(join(machine.folder, "sources-"));
});
afterAll(async () => {
    await closeClient();
    await machine?.close();
});

/** Both ways lead to the same folder, so each is looked at with the other's eyes. */
const ways: [string, () => { files: HostFiles; base: string }][] = [
    ["local files", () => ({ files: new LocalFiles(join(machine.folder, "guests", "l")), base: join(machine.folder, "guests", "l") })],
    ["storage volumes", () => ({ files: new VolumeFiles(machine.uri, join(machine.folder, "guests", "v")), base: join(machine.folder, "guests", "v") })],
];

describe.each(ways)("%s", (_name, make) => {
    const text = (content: string) => ({ bytes: Buffer.from(content) });
    const sha256 = (...pieces: Uint8Array[]) => pieces.reduce((hash, piece) => hash.update(piece), createHash("sha256")).digest("hex");

    test("a guest's files from the first to the last", async () => {
        const { files, base } = make(), uuid = randomUUID();
        expect(await files.list(uuid)).toEqual([]);
        expect(await files.read(uuid, "none", { length: 10 })).toBe("");
        expect(await files.digest(uuid, "none")).toBeUndefined();
        await files.remove(uuid, "none");

        const random = randomBytes(3_000_001);
        const source = join(folder, "random");
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

        await files.removeFolder(uuid);
        expect((await files.list(uuid)).map(({ name }) => name)).toEqual(["copy", "empty", "initrd"]);
        for (const name of ["copy", "empty", "initrd"]) await files.remove(uuid, name);
        await files.removeFolder(uuid);
        await files.removeFolder(uuid);
        await expect(stat(join(base, uuid))).rejects.toThrow("ENOENT");
        expect(await machine.virsh("pool-list", "--all", "--name")).toBe("");
    });

    test("holes stay holes", async () => {
        const { files, base } = make(), uuid = randomUUID();
        const head = randomBytes(100_000), zeros = Buffer.alloc(64 * 1024 * 1024);
        await files.put(uuid, "sparse", [{ bytes: head }, { bytes: zeros }, text("end")], { mode: 0o644 });
        await files.copy(uuid, "sparse", "copy", { mode: 0o600 });
        for (const name of ["sparse", "copy"]) {
            expect(await files.digest(uuid, name)).toBe(sha256(head, zeros, Buffer.from("end")));
            const { size, blocks } = await stat(join(base, uuid, name));
            expect(size).toBe(64 * 1024 * 1024 + 100_003);
            expect(blocks * 512).toBeLessThan(2 * 1024 * 1024);
        }
    });

    test("many files at once, and many guests", async () => {
        const { files } = make(), uuids = Array.from({ length: 5 }, () => randomUUID());
        await Promise.all(uuids.flatMap((uuid) => [0, 1, 2, 3].map((i) => files.put(uuid, `file${i}`, [text(`${uuid} ${i}`)], { mode: 0o644 }))));
        for (const uuid of uuids) expect(await files.read(uuid, "file3", { length: 100 })).toBe(`${uuid} 3`);
    });

    test("a source that is not there, a name that is a path", async () => {
        const { files } = make(), uuid = randomUUID();
        await expect(files.put(uuid, "x", [{ file: join(folder, "nowhere") }], { mode: 0o644 })).rejects.toMatchObject({ code: "invalid" });
        await expect(files.put(uuid, "../x", [], { mode: 0o644 })).rejects.toMatchObject({ code: "internal" });
        expect(await files.list(uuid)).toEqual([]);
    });

    test("a log that only root may read is read", async () => {
        const { files, base } = make(), uuid = randomUUID();
        await files.put(uuid, "empty", [], { mode: 0o644 });
        const log = join(base, uuid, "console.log");
        const xml = join(machine.folder, `${uuid}.xml`);
        await writeFile(xml, tinyDomain({ name: uuid, uuid, devices: `<serial type='pty'><log file='${log}' append='off'/></serial>` }));
        await machine.virsh("create", "--paused", xml);
        await rm(xml);
        await writeFile(log, "printed", { flag: "a" });
        expect((await stat(log)).mode & 0o777).toBe(0o600);
        expect(await files.read(uuid, "console.log", { length: 100 })).toBe("printed");
        await machine.virsh("destroy", uuid);
    });
});

test("what was half written by a killed process is not there, and is written again", async () => {
    const base = join(machine.folder, "guests", "half"), uuid = randomUUID();
    const files = new VolumeFiles(machine.uri, base);
    await files.put(uuid, "image", [{ bytes: Buffer.from("whole") }], { mode: 0o644 });
    await writeFile(join(base, uuid, "image.unfinished"), "");
    expect(await files.list(uuid)).toEqual([]);
    await files.put(uuid, "image", [{ bytes: Buffer.from("again") }], { mode: 0o644 });
    expect(await files.read(uuid, "image", { length: 100 })).toBe("again");
    await writeFile(join(base, uuid, "image.unfinished"), "");
    await files.removeFolder(uuid);
    await expect(stat(join(base, uuid))).rejects.toThrow("ENOENT");
});

test("a folder that was made or taken away without libvirt", async () => {
    const base = join(machine.folder, "guests", "shared"), uuid = randomUUID();
    const [root, user] = [new LocalFiles(base), new VolumeFiles(machine.uri, base)];
    await root.put(uuid, "persist", [{ bytes: Buffer.from("precious") }], { mode: 0o600 });
    expect(await user.list(uuid)).toEqual([{ name: "persist", size: 8 }]);
    await user.put(uuid, "persist", [{ bytes: Buffer.from("eternity") }], { mode: 0o600 });
    expect(await root.read(uuid, "persist", { length: 8 })).toBe("precious");
    await rm(join(base, uuid), { recursive: true });
    expect(await user.list(uuid)).toEqual([]);
    expect(await machine.virsh("pool-list", "--all", "--name")).not.toContain(uuid);
    await user.put(uuid, "new", [], { mode: 0o644 });
    expect(await root.list(uuid)).toEqual([{ name: "new", size: 0 }]);
});
