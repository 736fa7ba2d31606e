import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { identify } from "../../../images";
import { hashFile, withHashProgress } from "../../../localFiles";
import { withSignal } from "../../../model";
import { workspace } from "../images/workspace";

jest.setTimeout(900_000);
const { path, plant } = workspace();
const MIB = 2 ** 20;
const records = (): string => path("cache/pulumi-unikernel/hashes");

/** A file of zeros without blocks, so that only hashing takes time. */
async function sparse(name: string, mebibytes: number): Promise<string> {
    const folder = await plant("tree", {});
    const handle = await open(join(folder, name), "w");
    await handle.truncate(mebibytes * MIB);
    await handle.close();
    await utimes(join(folder, name), 1e9, 1e9);
    return join(folder, name);
}

/** The entries of all records, by path. */
async function remembered(): Promise<Record<string, string>> {
    const texts = await Promise.all(
        (await readdir(records()).catch(() => []))
            .filter((name) => name.endsWith(".json"))
            .map((name) => readFile(join(records(), name), "utf8")),
    );
    return Object.assign({}, ...texts.map((text) => JSON.parse(text)));
}

/** Wait until a file's hash is in the cache. */
async function finished(name: string): Promise<void> {
    for (let tries = 0; tries < 500 && !(name in (await remembered())); tries++) await sleep(10);
}

/** Makes each look at the clock a tenth of a second later than the one before. */
function slowClock(): void {
    let now = Date.now();
    jest.spyOn(Date, "now").mockImplementation(() => (now += 100));
}
afterEach(() => void jest.restoreAllMocks());

test("hashing a large file says every few seconds how far it is", async () => {
    const file = await sparse("disk.img", 100);
    slowClock();
    const said: string[] = [];
    await withHashProgress(
        (line) => said.push(line),
        () => hashFile(file),
    );
    expect(said.length).toBeGreaterThanOrEqual(2);
    expect(said.length).toBeLessThan(6);
    const done = said.map((line) => Number(new RegExp(`^hashing ${file}: (\\d+) of 100 MiB$`).exec(line)?.[1]));
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done[0]).toBeGreaterThan(0);
    expect(done.at(-1)).toBeLessThanOrEqual(100);
});

test("hashing many small files says which one it is at", async () => {
    const folder = await plant("tree", Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`f${at}`, `${at}`])));
    slowClock();
    const said: string[] = [];
    await withHashProgress(
        (line) => said.push(line),
        () => identify(folder, { format: "iso9660" }),
    );
    expect(said[0]).toMatch(/^hashing \S+\/tree\/f\d+ \(file \d+\): 1 of 1 MiB$/);
});

test("what is quick or known says nothing", async () => {
    const said: string[] = [];
    const file = await sparse("a", 8);
    const hash = (): Promise<string> =>
        withHashProgress(
            (line) => said.push(line),
            () => hashFile(file),
        );
    await hash();
    await sleep(2100);
    await hash();
    expect(Object.keys(await remembered())).toEqual([""]);
    slowClock();
    await hash();
    expect(said).toEqual([]);
});

test("a hash that is cut leaves the files that were finished in the cache", async () => {
    await sparse("1", 20);
    await sparse("2", 4096);
    await writeFile(path("tree/0"), "small");
    await sleep(2100);
    const cut = new AbortController();
    const hashing = withSignal(cut.signal, () => identify(path("tree"), { format: "iso9660" }));
    const ended = expect(hashing).rejects.toThrow("cut");
    await finished("1");
    cut.abort(new Error("cut"));
    await ended;
    expect(Object.keys(await remembered()).sort()).toEqual(["0", "1"]);
});

test("so does a process that is killed, and the next one reads only the others", async () => {
    await sparse("1", 20);
    await sparse("2", 4096);
    await sleep(2100);
    const child = spawn(
        process.execPath,
        [
            "-e",
            'require(process.argv[1]).identify(process.argv[2], { format: "iso9660" })',
            resolve("dist/images"),
            path("tree"),
        ],
        { stdio: "inherit", env: process.env },
    );
    await finished("1");
    child.kill("SIGKILL");
    await once(child, "exit");
    const kept = (await remembered())["1"]!;
    // A wrong hash shows whether the file is read again.
    const [name] = (await readdir(records())).filter((one) => one.endsWith(".json"));
    await writeFile(join(records(), name!), JSON.stringify({ "1": kept.replace(/^\w{64}/, "0".repeat(64)) }));
    await open(path("tree/2"), "w").then((handle) => handle.close());
    const { manifest } = await identify(path("tree"), { format: "iso9660" });
    expect(manifest["1"]).toBe("0".repeat(16));
});

test("an image's file and the same file elsewhere have one record", async () => {
    const file = await sparse("disk.img", 1);
    await sleep(2100);
    await identify(file, { format: "raw" });
    const [name] = await readdir(records());
    const before = await readFile(join(records(), name!), "utf8");
    await hashFile(file);
    expect(await readdir(records())).toEqual([name]);
    expect(await readFile(join(records(), name!), "utf8")).toBe(before);
});

test("many that ask for one file at once read it once", async () => {
    const file = await sparse("disk.img", 64);
    await sleep(2100);
    slowClock();
    const said = [0, 0, 0];
    await Promise.all(
        said.map((_, index) =>
            withHashProgress(
                () => {
                    said[index] = 1;
                },
                () => hashFile(file),
            ),
        ),
    );
    expect(said.filter((lines) => lines > 0)).toHaveLength(1);
});

test("a large file that was written just now is remembered, also where timers fire before their time", async () => {
    const file = await sparse("disk.img", 600);
    const start = Date.now();
    jest.spyOn(Date, "now").mockImplementation(() => Math.floor(start + (performance.now() - began) * 0.99));
    const began = performance.now();
    await hashFile(file);
    expect(Object.keys(await remembered())).toEqual([""]);
});
