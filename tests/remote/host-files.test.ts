import { randomBytes, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { appendFile, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { closeSsh, filesOf, sshShellOf } from "../../backends/libvirt/files";
import type { HostFiles } from "../../backends/libvirt/host";
import { keepsFiles, sha256, text } from "../support/hostFiles";
import { until } from "../support/processes";
import { type Sshd, startSshd } from "../support/sshd";

jest.setTimeout(900_000);

let sshd: Sshd;
let folder: string;
let bases = 0;
beforeAll(async () => {
    sshd = await startSshd();
    folder = await mkdtemp(join(tmpdir(), `puk-test-${process.pid}-`));
});
afterAll(async () => {
    await closeSsh();
    await sshd?.close();
    await rm(folder, { recursive: true, force: true });
});

/** A host's folder that is no other test's. */
function open(
    uri = sshd.uri(),
    base = join(folder, `base ${bases++} 'quoted' $HOME`),
): { files: HostFiles; base: string } {
    process.env.PULUMI_UNIKERNEL_DIR = base;
    try {
        return { files: filesOf(uri), base };
    } finally {
        delete process.env.PULUMI_UNIKERNEL_DIR;
    }
}

test("a guest's files from the first to the last", async () => {
    const { files, base } = open();
    await keepsFiles(files, base, join(folder, "random"));
    expect(await readdir(base)).toEqual([]);
});

const image = "image-0123456789abcdef.img";

/** Each file below a folder with its link count, as `find` sees it; one that goes away meanwhile (a part that a killed copy left) is not there. */
async function found(base: string): Promise<string[]> {
    const names = (await readdir(base, { recursive: true })).sort();
    const facts = await Promise.all(
        names.map(async (name) => [name, await stat(join(base, name)).catch(() => undefined)] as const),
    );
    return facts.flatMap(([name, facts]) => (facts?.isFile() ? [`${facts.nlink} ${name}`] : []));
}

test("30 guests want the same: it is sent once, and gone with the last of them", async () => {
    const { files, base } = open(),
        uuids = Array.from({ length: 30 }, () => randomUUID());
    const [content, source] = [randomBytes(5_000_000), join(folder, "wanted")];
    await writeFile(source, content);
    await files.list(uuids[0]!);
    await sshd.calls();
    let sent = 0;
    await Promise.all(
        uuids.map((uuid) =>
            files.put(uuid, image, [{ file: source }], {
                mode: 0o644,
                onProgress: (bytes) => (sent = Math.max(sent, bytes)),
            }),
        ),
    );
    expect(sent).toBe(content.length);
    expect(await sshd.calls()).toHaveLength(1);
    expect(await found(base)).toEqual(
        [...uuids.map((uuid) => `31 ${uuid}/${image}`), `31 shared/${sha256(content)}`].sort((a, b) =>
            a.slice(3) < b.slice(3) ? -1 : 1,
        ),
    );
    expect(await files.digest(uuids[29]!, image)).toBe(sha256(content));

    await Promise.all(uuids.slice(1).map((uuid) => files.remove(uuid, image)));
    expect(await found(base)).toEqual([`2 ${uuids[0]}/${image}`, `2 shared/${sha256(content)}`]);
    await files.remove(uuids[0]!, image);
    for (const uuid of uuids) await files.removeFolder(uuid);
    expect(await readdir(base)).toEqual([]);
});

test("what is a guest's own is shared with none: secrets, disks that it writes to, files without a digest in their names", async () => {
    const { files, base } = open(),
        uuids = [randomUUID(), randomUUID()];
    const own = [
        ["config-0123456789abcdef", 0o600],
        ["data.persist.img", 0o600],
        ["kernel", 0o644],
    ] as const;
    for (const uuid of uuids) for (const [name, mode] of own) await files.put(uuid, name, [text("mine")], { mode });
    for (const uuid of uuids) await files.copy(uuid, "kernel", "a-0123456789abcdef.scratch.img", { mode: 0o600 });
    const all = await found(base);
    expect(all).toHaveLength(8);
    for (const one of all) expect(one).toMatch(/^1 [^s]/);
});

test.each([
    ["in this run", false],
    ["in this run, and got its former times back", true],
])("shared content that was written to %s is not handed on", async (_, disguised) => {
    const { files, base } = open(),
        [first, second] = [randomUUID(), randomUUID()];
    const good = join(folder, "good");
    await writeFile(good, "good");
    const put = (files: HostFiles, uuid: string) => files.put(uuid, image, [{ file: good }], { mode: 0o644 });
    await put(files, first);
    await writeFile(join(base, first, image), "evil");
    if (disguised) {
        await utimes(join(base, first, image), 1, 1);
        // A run compares content once, so that of another run finds it.
        await closeSsh();
    }
    const next = disguised ? open(sshd.uri(), base).files : files;
    await put(next, second);
    expect(await readFile(join(base, second, image), "utf8")).toBe("good");
    expect(await next.digest(first, image)).toBe(sha256(Buffer.from("evil")));
    expect(await next.digest(second, image)).toBe(sha256(Buffer.from("good")));
    await next.remove(first, image);
    await put(next, first);
    expect(await found(base)).toEqual(
        [first, second]
            .sort()
            .map((uuid) => `3 ${uuid}/${image}`)
            .concat(`3 shared/${sha256(Buffer.from("good"))}`),
    );
});

test("an initramfs with each guest's own configuration at its end: the initramfs is sent once", async () => {
    const { files, base } = open(),
        uuids = Array.from({ length: 10 }, () => randomUUID());
    const [initramfs, source] = [randomBytes(1_000_000), join(folder, "initramfs")];
    await writeFile(source, initramfs);
    await files.list(uuids[0]!);
    await sshd.calls();
    const name = "initrd-0123456789abcdef";
    await Promise.all(
        uuids.map((uuid, index) =>
            files.put(uuid, name, [{ file: source }, text(uuid)], { mode: index ? 0o644 : 0o600 }),
        ),
    );
    expect(await sshd.calls()).toHaveLength(1);
    for (const [index, uuid] of uuids.entries()) {
        expect(await files.digest(uuid, name)).toBe(sha256(initramfs, Buffer.from(uuid)));
        expect(await files.list(uuid)).toEqual([{ name, size: 1_000_036 }]);
        expect((await stat(join(base, uuid, name))).mode & 0o777).toBe(index ? 0o644 : 0o600);
    }
    // Others may list nothing, and the part that all have is no file of theirs either.
    expect(await stat(join(base, "shared", `${sha256(initramfs)}.head`))).toMatchObject({ mode: 0o100600, nlink: 11 });
    for (const uuid of uuids) {
        await files.remove(uuid, name);
        await files.removeFolder(uuid);
    }
    expect(await readdir(base)).toEqual([]);
});

test("a head without its file, which a process killed in between leaves, goes with the folder", async () => {
    const { files, base } = open(),
        uuid = randomUUID();
    await files.put(uuid, "kernel", [], { mode: 0o644 });
    await writeFile(join(base, uuid, ".initrd-0.head"), "x");
    await files.remove(uuid, "kernel");
    await files.removeFolder(uuid);
    expect(await readdir(base)).toEqual([]);
});

test("holes stay holes", async () => {
    const { files, base } = open(),
        uuid = randomUUID();
    const head = randomBytes(100_000),
        zeros = Buffer.alloc(16 * 1024 * 1024);
    await files.put(uuid, "sparse", [{ bytes: head }, { bytes: zeros }, text("end"), { bytes: zeros }], {
        mode: 0o644,
    });
    await files.copy(uuid, "sparse", "copy", { mode: 0o600 });
    for (const name of ["sparse", "copy"]) {
        expect(await files.digest(uuid, name)).toBe(sha256(head, zeros, Buffer.from("end"), zeros));
        const { size, blocks } = await stat(join(base, uuid, name));
        expect(size).toBe(32 * 1024 * 1024 + 100_003);
        expect(blocks * 512).toBeLessThan(1024 * 1024);
    }
});

test("sources that are not there, change, or have wrong names", async () => {
    const { files, base } = open(),
        uuid = randomUUID();
    await expect(files.put(uuid, "x", [{ file: join(folder, "nowhere") }], { mode: 0o644 })).rejects.toMatchObject({
        code: "invalid",
    });
    await expect(files.put(uuid, "../x", [], { mode: 0o644 })).rejects.toMatchObject({ code: "internal" });
    const source = join(folder, "changing");
    await writeFile(source, randomBytes(8_000_000));
    const onProgress = (bytes: number): void => {
        if (bytes < 1_000_000) writeFileSync(source, randomBytes(8_000_000));
    };
    await expect(files.put(uuid, "x", [{ file: source }], { mode: 0o644, onProgress })).rejects.toMatchObject({
        code: "changed",
    });
    // The far side removes its part when it reads the end of the stream, which is after we know.
    await until(async () => (await found(base)).length === 0);
});

test("the user's own configuration holds: names, users, ports, keys, hops; not what it says of terminals and forwardings", async () => {
    await appendFile(
        join(sshd.folder, "config"),
        `
Host far hop
    HostName 127.0.0.1
    Port ${sshd.port}
    User root
    IdentityFile ${join(sshd.folder, "user_key")}
Host far
    ProxyJump hop
    ControlMaster auto
    ControlPath ${join(sshd.folder, "theirs")}
    ControlPersist 60
    RequestTTY force
    RemoteCommand echo no
    LocalForward 127.0.0.1:${sshd.port} 127.0.0.1:9
    ExitOnForwardFailure yes
`,
    );
    const { files, base } = open(`qemu+ssh://far/system?command=${join(sshd.folder, "ssh")}`),
        uuid = randomUUID();
    await files.put(uuid, "big", [{ bytes: randomBytes(100_000) }], { mode: 0o644 });
    expect(await found(base)).toEqual([`1 ${uuid}/big`]);
    expect(await readdir(sshd.folder)).not.toContain("theirs");
});

test("a shell by the same connection: words as they are, what it prints, why it failed", async () => {
    const { files } = open(sshd.uri(), "/var/lib/pulumi-unikernel");
    await files.list(randomUUID());
    await sshd.calls();
    const shell = sshShellOf(sshd.uri())!;
    const words = ["it's", "$HOME", "", "two\nlines"];
    expect(await shell.run("printf '%s|' \"$@\"; cat", words)).toBe("it's|$HOME||two\nlines|");
    await expect(shell.run("echo 'No such thing' >&2; exit 3", [])).rejects.toMatchObject({
        code: "program-failed",
        message: expect.stringContaining("No such thing"),
    });
    await expect(shell.run(": > /proc/none; echo never", [])).rejects.toMatchObject({
        code: expect.stringMatching(/invalid|program-failed/),
    });
    expect(await shell.run("exec 3<>/dev/null; printf '\\101\\n' >&3; echo on", [])).toBe("on\n");
    expect(await sshd.calls()).toEqual([]);
    expect(sshShellOf("xen+tcp://far/system")).toBeUndefined();
});
