import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rename, stat, utimes, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { changedFiles, identify, loadManifest, saveManifest } from "../../../images";
import { hashFile } from "../../../localFiles";
import { workspace } from "../images/workspace";

const { path, plant } = workspace();
const records = (): string => path("cache/pulumi-unikernel/hashes");
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A file that has been left alone for long enough to be remembered. */
async function settled(name: string, text: string): Promise<string> {
    const folder = await plant("tree", { [name]: text });
    await sleep(2100);
    return `${folder}/${name}`;
}

/** Writes a wrong hash into the cache: whoever asks and gets it has not read the file. */
async function poison(): Promise<string> {
    const [name] = await readdir(records());
    const wrong = "0".repeat(64);
    await writeFile(
        `${records()}/${name}`,
        (await readFile(`${records()}/${name}`, "utf8")).replace(/[0-9a-f]{64}/, wrong),
    );
    return wrong;
}

test("an untouched file is not read again; any touch makes it be", async () => {
    const file = await settled("a", "content");
    expect(await hashFile(file)).toBe(sha256("content"));
    const wrong = await poison();
    expect(await hashFile(file)).toBe(wrong);
    const touches: (() => Promise<unknown>)[] = [
        () => utimes(file, 7, 7),
        () => chmod(file, 0o600),
        async () => {
            const { atime, mtime } = await stat(file);
            await writeFile(file, "c0ntent");
            await utimes(file, atime, mtime);
        },
    ];
    for (const touch of touches) {
        await touch();
        expect(await hashFile(file)).toBe(sha256(await readFile(file, "utf8")));
    }
});

test("what was changed a moment ago is not remembered", async () => {
    const file = `${await plant("tree", { a: "one" }, { fresh: true })}/a`;
    await hashFile(file);
    expect(await readdir(records()).catch(() => [])).toEqual([]);
    const clock = (await stat(file)).mtime;
    await writeFile(file, "two");
    await utimes(file, clock, clock);
    expect(await hashFile(file)).toBe(sha256("two"));
});

test("a tree has one record, which forgets what is gone", async () => {
    const file = await settled("a", "a");
    await writeFile(`${file}.new`, "b");
    await identify(path("tree"), { format: "iso9660" });
    const [name, ...others] = await readdir(records());
    expect(others).toEqual([]);
    expect(Object.keys(JSON.parse(await readFile(`${records()}/${name}`, "utf8")))).toEqual(["a"]);
    await rename(file, `${file}.old`);
    await identify(path("tree"), { format: "iso9660" });
    expect(JSON.parse(await readFile(`${records()}/${name}`, "utf8"))).toEqual({});
});

test("a damaged record is ignored", async () => {
    const file = await settled("a", "content");
    await hashFile(file);
    const [name] = await readdir(records());
    for (const text of ["{", "[1, null]", "null", '{"": 7, "x": "short"}', ""]) {
        await writeFile(`${records()}/${name}`, text);
        expect(await hashFile(file)).toBe(sha256("content"));
        expect(JSON.parse(await readFile(`${records()}/${name}`, "utf8"))[""]).toContain(sha256("content"));
    }
});

test("the cache is bounded, and keeps the newest", async () => {
    await mkdir(records(), { recursive: true });
    for (let index = 0; index < 300; index++) {
        await writeFile(`${records()}/${index}.json`, "{}");
        await utimes(`${records()}/${index}.json`, index, index);
    }
    await hashFile(await settled("a", "content"));
    const left = await readdir(records());
    expect(left.length).toBeLessThanOrEqual(256);
    expect(left).toEqual(expect.arrayContaining(["299.json"]));
    expect(left).not.toContain("0.json");
});

test("many at once agree", async () => {
    const file = await settled("a", "content");
    const hashes = await Promise.all(Array.from({ length: 20 }, () => hashFile(file)));
    expect(new Set(hashes)).toEqual(new Set([sha256("content")]));
    expect((await readdir(records())).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    expect(await hashFile(file)).toBe(sha256("content"));
});

test("a cache folder that cannot be made costs nothing but time", async () => {
    await writeFile(path("cache"), "a file in its place");
    expect(await hashFile(`${await plant("tree", { a: "content" })}/a`)).toBe(sha256("content"));
    await saveManifest("d".repeat(64), { a: "a" });
    expect(await loadManifest("d".repeat(64))).toBeUndefined();
});

test.each([
    ["missing", "not-found"],
    ["tree", "invalid"],
    ["/dev/zero", "invalid"],
])("hashFile refuses %s", async (name, code) => {
    await plant("tree", { a: "a" });
    await expect(hashFile(name === "tree" ? path("tree") : name)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(name),
    });
});

test("manifests are kept, and a damaged one is not believed", async () => {
    const manifest = { "a/b": "0123456789abcdef", ["__proto__"]: "fedcba9876543210" };
    await saveManifest("d".repeat(64), manifest);
    expect(await loadManifest("d".repeat(64))).toEqual(manifest);
    await writeFile(path("cache/pulumi-unikernel/manifests", `${"d".repeat(64)}.json`), '{"a": 1}');
    expect(await loadManifest("d".repeat(64))).toBeUndefined();
});

test.each<[Record<string, string>, Record<string, string>, string[]]>([
    [{}, {}, []],
    [{ a: "1", b: "2" }, { a: "1", b: "2" }, []],
    [{ a: "1", b: "2", c: "3" }, { b: "x", c: "3", d: "4" }, ["a", "b", "d"]],
    [{}, { constructor: "1" }, ["constructor"]],
])("changedFiles(%j, %j) is %j", (from, to, expected) => {
    expect(changedFiles(from, to)).toEqual(expected);
});
