import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { keyFromSeed, UNKNOWN } from "../../../core";
import { digestKeyOf } from "../../../core/secrets/digestKeys";
import { keyFilePath, keyFromFile } from "../../../core/secrets/keyFile";
import { keyBytes } from "../../../model";

const usual = process.env.XDG_DATA_HOME;
let folder: string;
beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "puk-keys-"));
    process.env.XDG_DATA_HOME = folder;
});
afterEach(async () => {
    process.env.XDG_DATA_HOME = usual;
    await rm(folder, { recursive: true, force: true });
});

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test("a key file is made once, for its owner alone, and gives each resource a key of its own", async () => {
    expect(keyFilePath()).toBe(join(folder, "pulumi-unikernel", "keys", "digests"));
    const one = await keyFromFile("urn:one");
    expect(one).toMatch(/^[0-9a-f]{32} \(of the key file made on .+ at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)$/);
    expect([await modeOf(keyFilePath()), await modeOf(dirname(keyFilePath()))]).toEqual([0o600, 0o700]);
    expect(await keyFromFile("urn:one")).toBe(one);
    expect((await keyFromFile("urn:two")).slice(0, 32)).not.toBe(one.slice(0, 32));
    // It cannot be told from a key what another resource's is.
    expect(await readFile(keyFilePath(), "utf8")).not.toContain(one.slice(0, 32));
    expect(keyBytes(one)).toEqual(Buffer.from(one.slice(0, 32), "hex"));
    expect(keyBytes(one)).toHaveLength(16);
});

test("many runs that make it at the same time agree, and leave no draft", async () => {
    const keys = await Promise.all(Array.from({ length: 30 }, () => keyFromFile("urn:one")));
    expect(new Set(keys).size).toBe(1);
    expect(await readdir(dirname(keyFilePath()))).toEqual(["digests"]);
});

test("a file that is copied to another machine gives the same key there, with its origin", async () => {
    const one = await keyFromFile("urn:one");
    const text = await readFile(keyFilePath());
    process.env.XDG_DATA_HOME = join(folder, "elsewhere");
    const other = await keyFromFile("urn:one");
    expect(other.slice(0, 32)).not.toBe(one.slice(0, 32));
    await writeFile(keyFilePath(), text);
    expect(await keyFromFile("urn:one")).toBe(one);
});

test.each([
    ["the file", () => keyFilePath(), 0o640, "0600"],
    ["the file, for all", () => keyFilePath(), 0o604, "0600"],
    ["the folder", () => dirname(keyFilePath()), 0o710, "0700"],
])("%s that is open to others is refused, with the command that closes it", async (_what, path, mode, expected) => {
    await keyFromFile("urn:one");
    await chmod(path(), mode);
    const error = await digestKeyOf({ urn: "urn:one", old: undefined, given: "", log: () => undefined }).catch(
        (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
        code: "permission",
        message: expect.stringContaining(`found mode 0${mode.toString(8)}, expected ${expected}`),
    });
    expect((error as Error).message).toContain(`chmod ${expected.slice(1)} ${path()}`);
    // A key in state needs no file.
    expect(await digestKeyOf({ urn: "urn:one", old: "ab".repeat(16), given: "", log: () => undefined })).toBe(
        "ab".repeat(16),
    );
    await chmod(path(), Number.parseInt(expected, 8));
    expect(await keyFromFile("urn:one")).toMatch(/^[0-9a-f]{32} /);
});

test.each([
    ["an empty file", ""],
    ["half a key", `${"ab".repeat(20)}`],
    ["control characters", `${"ab".repeat(32)} made on \u001b[31mhost\n`],
])("%s is refused, and stays as it is", async (_what, text) => {
    await mkdir(dirname(keyFilePath()), { recursive: true, mode: 0o700 });
    await writeFile(keyFilePath(), text, { mode: 0o600 });
    await expect(keyFromFile("urn:one")).rejects.toMatchObject({
        code: "invalid",
        hint: expect.stringContaining("remove it"),
    });
    expect(await readFile(keyFilePath(), "utf8")).toBe(text);
});

test("where no file can be kept, a guest is made all the same, and it is said once what does not work", async () => {
    await writeFile(join(folder, "file"), "");
    process.env.XDG_DATA_HOME = join(folder, "file");
    const lines: string[] = [];
    const key = () => digestKeyOf({ urn: "urn:one", old: undefined, given: UNKNOWN, log: (line) => lines.push(line) });
    const keys = [await key(), await key()];
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(keys[0]).not.toBe(keys[1]);
    expect(lines).toEqual([expect.stringMatching(/^warning: cannot write the key file .*\(ENOTDIR\).*XDG_DATA_HOME/)]);
});

test("the engine's seed gives a key without a file; a resource's key in state wins over both", async () => {
    const given = keyFromSeed(Buffer.alloc(32, 7), "urn:one");
    expect(given).toMatch(/^[0-9a-f]{32}$/);
    expect(keyFromSeed(Buffer.alloc(32, 7), "urn:one")).toBe(given);
    expect(keyFromSeed(Buffer.alloc(32, 7), "urn:two")).not.toBe(given);
    expect(keyFromSeed(Buffer.alloc(32, 8), "urn:one")).not.toBe(given);
    expect(keyFromSeed(Buffer.alloc(0), "urn:one")).toBe("");
    const key = (old?: string) => digestKeyOf({ urn: "urn:one", old, given, log: () => undefined });
    expect(await key()).toBe(given);
    expect(await key("cd".repeat(16))).toBe("cd".repeat(16));
    expect(await readdir(folder)).toEqual([]);
});
