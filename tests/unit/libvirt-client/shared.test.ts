import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { LocalFiles } from "../../../backends/libvirt/files/local";
import { shareableSource } from "../../../backends/libvirt/files/shared";

jest.mock("node:fs/promises", () => ({ __esModule: true, ...jest.requireActual<object>("node:fs/promises") }));

const { lstat, mkdtemp, readdir, readFile, rm, utimes, writeFile } = fs;

const NAME = "kernel-0123456789abcdef";
const content = Buffer.from("kernel ".repeat(20_000));
const digest = createHash("sha256").update(content).digest("hex");
const guest = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;

let folder: string;
let base: string;
let source: string;
beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "puk-test-shared-"));
    base = join(folder, "guests");
    source = join(folder, "kernel");
    await writeFile(source, content);
});
afterEach(async () => {
    jest.restoreAllMocks();
    await rm(folder, { recursive: true });
});

const pathOf = (number: number, name = NAME): string => join(base, guest(number), name);
const stored = (): string => join(base, "shared", digest);
const put = (files: LocalFiles, number: number, mode = 0o644, name = NAME): Promise<void> =>
    files.put(guest(number), name, [{ file: source }], { mode, digest });

test.each([
    ["kernel-0123456789abcdef", 0o644, true],
    ["initrd-0123456789abcdef", 0o644, true],
    ["data-0123456789abcdef.qcow2", 0o644, true],
    ["initrd-0123456789abcdef", 0o600, false],
    ["data-0123456789abcdef.scratch.img", 0o644, false],
    ["data.persist.img", 0o644, false],
    ["console.log", 0o644, false],
    ["kernel", 0o644, false],
])("%s of mode %o may be other guests' too: %s", (name, mode, shareable) => {
    expect(shareableSource(name, mode, [{ file: "/source" }])).toBe(shareable ? "/source" : undefined);
    expect(shareableSource(name, mode, [{ file: "/source" }, { bytes: Buffer.from("its own") }])).toBeUndefined();
});

test("guests' files of one content are one inode, and readable by all whatever the umask", async () => {
    const before = process.umask(0o077);
    const files = new LocalFiles(base);
    try {
        await Promise.all(Array.from({ length: 30 }, (_, number) => put(files, number)));
    } finally {
        process.umask(before);
    }
    const { ino, nlink, mode, mtimeMs } = await lstat(stored());
    expect({ nlink, mode: mode & 0o777, mtimeMs }).toEqual({ nlink: 31, mode: 0o644, mtimeMs: 1000 });
    for (let number = 0; number < 30; number++) {
        expect((await lstat(pathOf(number))).ino).toBe(ino);
        expect(await readdir(join(base, guest(number)))).toEqual([NAME]);
    }
    expect((await readFile(stored())).equals(content)).toBe(true);
});

test.each([
    ["a file with a secret", 0o600, NAME],
    ["a file that may be written again", 0o644, "config"],
    ["a scratch copy", 0o600, "data-0123456789abcdef.scratch.img"],
])("%s is a private copy", async (_, mode, name) => {
    const files = new LocalFiles(base);
    await put(files, 1, mode, name);
    await put(files, 2, mode, name);
    for (const number of [1, 2]) expect((await lstat(pathOf(number, name))).nlink).toBe(1);
    expect(await readdir(base)).toEqual([guest(1), guest(2)]);
});

test("content is removed with the last guest that uses it, and the empty store with it", async () => {
    const files = new LocalFiles(base);
    await put(files, 1);
    await put(files, 2);
    await files.remove(guest(1), NAME);
    await files.removeFolder(guest(1));
    expect((await lstat(stored())).nlink).toBe(2);
    await files.remove(guest(2), NAME);
    await files.removeFolder(guest(2));
    expect(await readdir(base)).toEqual([]);
});

test("a run removes the unused content that a killed one left, and keeps the used", async () => {
    await put(new LocalFiles(base), 1);
    await writeFile(join(base, "shared", "f".repeat(64)), "left");
    await new LocalFiles(base).removeFolder(guest(9));
    expect(await readdir(join(base, "shared"))).toEqual([digest]);
});

test.each([
    ["with its former times", async () => utimes(stored(), 1, 1)],
    ["in the middle of a run", async () => undefined],
])("content that was changed %s is never linked again", async (when, after) => {
    const files = new LocalFiles(base);
    await put(files, 1);
    await writeFile(stored(), Buffer.alloc(content.length, "x"));
    await after();
    const next = when.startsWith("with") ? new LocalFiles(base) : files;
    await put(next, 2);
    expect((await readFile(pathOf(2))).equals(content)).toBe(true);
    expect((await lstat(stored())).ino).toBe((await lstat(pathOf(2))).ino);
    // The guest that has the changed file keeps it until it is repaired, which needs a new inode.
    expect(await next.digest(guest(1), NAME)).not.toBe(digest);
    await put(next, 1);
    expect(await next.digest(guest(1), NAME)).toBe(digest);
});

test("a source that is not what was announced leaves nothing", async () => {
    await writeFile(source, "another kernel");
    await expect(put(new LocalFiles(base), 1)).rejects.toMatchObject({ code: "changed" });
    expect(await readdir(join(base, guest(1)))).toEqual([]);
    await rm(source);
    await expect(put(new LocalFiles(base), 1)).rejects.toMatchObject({ code: "invalid" });
});

test("an inode with all the links that its file system allows gets a second one", async () => {
    const files = new LocalFiles(base);
    await put(files, 1);
    const full = (await lstat(stored())).ino;
    failLinks("EMLINK", (from) => from === stored(), 1);
    await put(files, 2);
    await put(files, 3);
    const second = (await lstat(stored())).ino;
    expect(second).not.toBe(full);
    expect([(await lstat(pathOf(1))).ino, (await lstat(pathOf(2))).ino]).toEqual([full, second]);
    expect((await lstat(pathOf(3))).ino).toBe(second);
});

test.each([
    ["EPERM", "another user has the inode"],
    ["EOPNOTSUPP", "the file system has no links"],
])("%s: where %s, each guest gets a copy", async (code) => {
    const files = new LocalFiles(base);
    await put(files, 1);
    failLinks(code, () => true);
    await put(files, 2);
    expect((await lstat(pathOf(2))).nlink).toBe(1);
    expect((await readFile(pathOf(2))).equals(content)).toBe(true);
    expect(await readdir(join(base, guest(2)))).toEqual([NAME]);
});

test("a guest that is off moves its own copies to the store; nothing else is touched", async () => {
    const files = new LocalFiles(base);
    const scratch = "data-0123456789abcdef.scratch.img";
    for (const number of [1, 2]) {
        await put(files, number, 0o600, "own");
        await put(files, number, 0o600, scratch);
        await fs.rename(pathOf(number, "own"), pathOf(number));
        await fs.chmod(pathOf(number), 0o644);
        await fs.chmod(pathOf(number, scratch), 0o644);
    }
    for (const number of [1, 2]) await files.share(guest(number), [NAME, scratch, "missing-0123456789abcdef"]);
    expect((await lstat(stored())).nlink).toBe(3);
    for (const number of [1, 2]) {
        expect((await lstat(pathOf(number))).ino).toBe((await lstat(stored())).ino);
        expect((await lstat(pathOf(number, scratch))).nlink).toBe(1);
    }
});

test("content that is removed and linked by two runs at once is complete in each guest", async () => {
    const [remover, linker] = [new LocalFiles(base), new LocalFiles(base)];
    for (let round = 0; round < 100; round++) {
        await put(remover, 1);
        await Promise.all([
            remover.remove(guest(1), NAME).then(() => remover.removeFolder(guest(1))),
            ...[2, 3].map((number) => put(linker, number)),
        ]);
        for (const number of [2, 3]) expect((await readFile(pathOf(number))).equals(content)).toBe(true);
        await linker.remove(guest(2), NAME);
        await remover.remove(guest(3), NAME);
    }
    await remover.removeFolder(guest(2));
    await remover.removeFolder(guest(3));
    await new LocalFiles(base).removeFolder(guest(1));
    expect(await readdir(base)).toEqual([]);
});

function failLinks(code: string, which: (from: string) => boolean, times = Infinity): void {
    const real = fs.link;
    let left = times;
    jest.spyOn(fs, "link").mockImplementation(async (from, to) => {
        if (which(String(from)) && left-- > 0) throw Object.assign(new Error(code), { code });
        return real(from, to);
    });
}
