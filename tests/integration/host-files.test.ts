import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { closeClient } from "../../backends/libvirt/client";
import { LocalFiles, VolumeFiles } from "../../backends/libvirt/files";
import type { HostFiles } from "../../backends/libvirt/host";
import { keepsFiles, sha256, text } from "../support/hostFiles";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { tinyDomain } from "../support/tinyDomain";

jest.setTimeout(900_000);

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
    [
        "local files",
        () => ({
            files: new LocalFiles(join(machine.folder, "guests", "l")),
            base: join(machine.folder, "guests", "l"),
        }),
    ],
    [
        "storage volumes",
        () => ({
            files: new VolumeFiles(machine.uri, join(machine.folder, "guests", "v")),
            base: join(machine.folder, "guests", "v"),
        }),
    ],
];

describe.each(ways)("%s", (_name, make) => {
    test("a guest's files from the first to the last", async () => {
        const { files, base } = make();
        const uuid = await keepsFiles(files, base, join(folder, "random"));
        await expect(stat(join(base, uuid))).rejects.toThrow("ENOENT");
        expect(await machine.virsh("pool-list", "--all", "--name")).toBe("");
    });

    test("holes stay holes", async () => {
        const { files, base } = make(),
            uuid = randomUUID();
        const head = randomBytes(100_000),
            zeros = Buffer.alloc(64 * 1024 * 1024);
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
        const { files } = make(),
            uuids = Array.from({ length: 5 }, () => randomUUID());
        await Promise.all(
            uuids.flatMap((uuid) =>
                [0, 1, 2, 3].map((i) => files.put(uuid, `file${i}`, [text(`${uuid} ${i}`)], { mode: 0o644 })),
            ),
        );
        for (const uuid of uuids) expect(await files.read(uuid, "file3", { length: 100 })).toBe(`${uuid} 3`);
    });

    test("a source that is not there, a name that is a path", async () => {
        const { files } = make(),
            uuid = randomUUID();
        await expect(files.put(uuid, "x", [{ file: join(folder, "nowhere") }], { mode: 0o644 })).rejects.toMatchObject({
            code: "invalid",
        });
        await expect(files.put(uuid, "../x", [], { mode: 0o644 })).rejects.toMatchObject({ code: "internal" });
        expect(await files.list(uuid)).toEqual([]);
    });

    test("a log that only root may read is read", async () => {
        const { files, base } = make(),
            uuid = randomUUID();
        await files.put(uuid, "empty", [], { mode: 0o644 });
        const log = join(base, uuid, "console.log");
        const xml = join(machine.folder, `${uuid}.xml`);
        await writeFile(
            xml,
            tinyDomain({ name: uuid, uuid, devices: `<serial type='pty'><log file='${log}' append='off'/></serial>` }),
        );
        await machine.virsh("create", "--paused", xml);
        await rm(xml);
        await writeFile(log, "printed", { flag: "a" });
        expect((await stat(log)).mode & 0o777).toBe(0o600);
        expect(await files.read(uuid, "console.log", { length: 100 })).toBe("printed");
        await machine.virsh("destroy", uuid);
    });
});

test("what was half written by a killed process is not there, and is written again", async () => {
    const base = join(machine.folder, "guests", "half"),
        uuid = randomUUID();
    const files = new VolumeFiles(machine.uri, base);
    await files.put(uuid, "image", [{ bytes: Buffer.from("whole") }], { mode: 0o644 });
    await writeFile(join(base, uuid, "image.unfinished"), "");
    expect(await files.list(uuid)).toEqual([]);
    expect(await new LocalFiles(base).size(uuid, "image")).toBeUndefined();
    await files.put(uuid, "image", [{ bytes: Buffer.from("again") }], { mode: 0o644 });
    expect(await files.read(uuid, "image", { length: 100 })).toBe("again");
    await writeFile(join(base, uuid, "image.unfinished"), "");
    await files.removeFolder(uuid);
    await expect(stat(join(base, uuid))).rejects.toThrow("ENOENT");
});

test("a folder that was made or taken away without libvirt", async () => {
    const base = join(machine.folder, "guests", "shared"),
        uuid = randomUUID();
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

test("a pool that shows the folder of another base is defined again for the one that is asked for", async () => {
    const uuid = randomUUID();
    const [before, now] = ["before", `now & "then", it's <here>`].map((name) => join(machine.folder, "guests", name));
    await new VolumeFiles(machine.uri, before!).put(uuid, "persist", [text("precious")], { mode: 0o600 });
    const files = new VolumeFiles(machine.uri, now!);
    expect(await files.list(uuid)).toEqual([]);
    await files.put(uuid, "persist", [text("new")], { mode: 0o600 });
    expect(await new LocalFiles(now!).read(uuid, "persist", { length: 100 })).toBe("new");
    expect(await new LocalFiles(before!).read(uuid, "persist", { length: 100 })).toBe("precious");
    // A pool that shows the folder stays defined: a flag of it would go with its definition.
    await machine.virsh("pool-autostart", `pulumi-unikernel-${uuid}`);
    await files.remove(uuid, "persist");
    expect(await machine.virsh("pool-info", `pulumi-unikernel-${uuid}`)).toMatch(/Autostart:\s+yes/);
    await files.removeFolder(uuid);
    expect(await new LocalFiles(before!).list(uuid)).toEqual([{ name: "persist", size: 8 }]);
});

test("a removal without volumes undefines the pool that another user's volumes defined", async () => {
    const base = join(machine.folder, "guests", "pools"),
        uuid = randomUUID();
    const user = new VolumeFiles(machine.uri, base);
    await user.put(uuid, "kernel", [text("kernel")], { mode: 0o644 });
    expect(await machine.virsh("pool-list", "--all", "--name")).toContain(uuid);
    const owner = new LocalFiles(base, user.asDaemon());
    await owner.remove(uuid, "kernel");
    await owner.removeFolder(uuid);
    expect(await machine.virsh("pool-list", "--all", "--name")).not.toContain(uuid);
    await expect(stat(join(base, uuid))).rejects.toThrow("ENOENT");
});
