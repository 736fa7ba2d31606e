import { randomBytes, randomUUID } from "node:crypto";
import { chownSync, mkdirSync, statSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { closeClient } from "../../backends/libvirt/client";
import { closeSsh, filesOf } from "../../backends/libvirt/files";
import type { HostFiles } from "../../backends/libvirt/host";
import { type LibvirtHost, startLibvirtHost } from "../support/libvirtHost";
import { ownMounts, type Sshd, startSshd } from "../support/sshd";
import { tinyDomain } from "../support/tinyDomain";

jest.setTimeout(900_000);

/** A user of the test's sshd alone. */
const visitor = 54321;
let machine: LibvirtHost;
let sshd: Sshd;
let home: string;
beforeAll(async () => {
    // Stands for membership in the group libvirt.
    machine = await startLibvirtHost({ socketMode: "0777" });
    home = join(machine.folder, "home");
    mkdirSync(home);
    chownSync(home, visitor, 65534);
    const passwd = join(machine.folder, "passwd"),
        shadow = join(machine.folder, "shadow");
    await writeFile(passwd, `${await readFile("/etc/passwd", "utf8")}visitor:x:${visitor}:65534::${home}:/bin/sh\n`);
    await writeFile(shadow, `${await readFile("/etc/shadow", "utf8")}visitor:*:20000::::::\n`);
    await machine.inside("mount", "--bind", passwd, "/etc/passwd");
    sshd = await startSshd({
        enter: ownMounts(
            'mount --bind "$1" /etc/passwd; mount --bind "$2" /etc/shadow; mkdir -p /run/libvirt; mount --bind "$3" /run/libvirt',
            passwd,
            shadow,
            join(machine.folder, "sock"),
        ),
    });
});
afterAll(async () => {
    await Promise.all([closeSsh(), closeClient()]);
    await sshd?.close();
    await machine?.close();
});

function open(path: string, base?: string): HostFiles {
    if (base) process.env.PULUMI_UNIKERNEL_DIR = base;
    try {
        return filesOf(sshd.uri(path, "visitor"));
    } finally {
        delete process.env.PULUMI_UNIKERNEL_DIR;
    }
}

const name = "image-0123456789abcdef.img";
const bytes = randomBytes(100_000);
let content: { file: string };
beforeAll(async () => {
    content = { file: join(machine.folder, "content") };
    await writeFile(content.file, bytes);
});

test("a folder that is root's: as libvirt's volumes", async () => {
    const base = join(machine.folder, "guests", "owned-by-root"),
        uuid = randomUUID();
    mkdirSync(base);
    const files = open("/system", base);
    await files.put(uuid, name, [content], { mode: 0o644 });
    expect(statSync(join(base, uuid, name))).toMatchObject({ uid: 0, nlink: 1, size: bytes.length });
    expect(await files.list(uuid)).toEqual([{ name, size: bytes.length }]);
    expect((await sshd.calls()).filter((line) => line.includes("ControlPath="))).toHaveLength(1);
    await files.remove(uuid, name);
    await files.removeFolder(uuid);
    await expect(stat(join(base, uuid))).rejects.toThrow("ENOENT");
});

test("a folder of the user's own: over ssh, and what is root's in it is read by libvirt", async () => {
    const base = join(machine.folder, "guests", "owned-by-visitor"),
        uuid = randomUUID();
    mkdirSync(base);
    chownSync(base, visitor, 65534);
    const files = open("/system", base);
    await files.put(uuid, name, [content], { mode: 0o644 });
    expect(statSync(join(base, uuid, name))).toMatchObject({ uid: visitor, nlink: 2 });
    const log = join(base, uuid, "console.log"),
        xml = join(machine.folder, `${uuid}.xml`);
    await writeFile(
        xml,
        tinyDomain({ name: uuid, uuid, devices: `<serial type='pty'><log file='${log}' append='off'/></serial>` }),
    );
    await machine.virsh("create", "--paused", xml);
    await writeFile(log, "printed", { flag: "a" });
    expect(statSync(log)).toMatchObject({ uid: 0, mode: 0o100600 });
    expect(await files.read(uuid, "console.log", { length: 100 })).toBe("printed");
    await machine.virsh("destroy", uuid);
    // libvirt gives a file that a guest used to its own user; it is still the visitor's to link and to remove.
    chownSync(join(base, uuid, name), 64055, 65534);
    const other = randomUUID();
    await files.put(other, name, [content], { mode: 0o644 });
    expect(await readFile(join(base, other, name))).toEqual(bytes);
    for (const one of [uuid, other]) {
        for (const file of await files.list(one)) await files.remove(one, file.name);
        await files.removeFolder(one);
    }
    await expect(stat(join(base, uuid))).rejects.toThrow("ENOENT");
    expect(await machine.virsh("pool-list", "--all", "--name")).toBe("");
});

test("a session: below the data home of the user there", async () => {
    const files = open("/session"),
        uuid = randomUUID();
    const path = join(home, ".local", "share", "pulumi-unikernel", uuid, name);
    expect(await files.path(uuid, name)).toBe(path);
    await files.put(uuid, name, [content], { mode: 0o644 });
    expect(statSync(path)).toMatchObject({ uid: visitor, mode: 0o100644 });
    expect(
        [join(path, ".."), join(path, "../.."), join(home, ".local")].map((folder) => statSync(folder).mode & 0o777),
    ).toEqual([0o711, 0o711, 0o755]);
});
