import { createHash, randomBytes } from "node:crypto";
import {
    appendFileSync,
    closeSync,
    mkdtempSync,
    openSync,
    readFileSync,
    rmSync,
    writeFileSync,
    writeSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashWhileWritten } from "../../../localFiles";

const MIB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), "puk-written-"));
const path = (name: string) => join(folder, name);
const shaOf = (name: string) =>
    createHash("sha256")
        .update(readFileSync(path(name)))
        .digest("hex");
const nothing = () => undefined;

afterAll(() => rmSync(folder, { recursive: true }));

/** Write pieces to a file, each some turns of the event loop after the one before. */
async function write(name: string, pieces: Buffer[]): Promise<void> {
    writeFileSync(path(name), "");
    for (const piece of pieces) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        appendFileSync(path(name), piece);
    }
}

test.each([0, 1, 64 * 1024, MIB - 1, MIB, MIB + 1, 3 * MIB + 5])("%d bytes that come in pieces", async (size) => {
    const name = `pieces-${size}`;
    const bytes = randomBytes(size);
    const pieces = Array.from({ length: 7 }, (_, part) =>
        bytes.subarray(Math.floor((size * part) / 7), Math.floor((size * (part + 1)) / 7)),
    );
    const seen: number[] = [];
    const written = await hashWhileWritten(path(name), write(name, pieces), (bytes) => seen.push(bytes));
    expect(written).toEqual({ sha256: shaOf(name), size });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1) ?? 0).toBe(size);
});

test("a head that the writer patches last is in the hash", async () => {
    const writing = (async () => {
        await write("patched", [randomBytes(2 * MIB), randomBytes(2 * MIB)]);
        await new Promise((resolve) => setTimeout(resolve, 60));
        const file = openSync(path("patched"), "r+");
        writeSync(file, "the head", 32);
        closeSync(file);
    })();
    expect((await hashWhileWritten(path("patched"), writing, nothing)).sha256).toBe(
        await writing.then(() => shaOf("patched")),
    );
});

test("it is synced after the writer's end, and a failure of it is no success", async () => {
    let ended = false;
    const handle = await open(path("probe"), "w");
    const prototype = Object.getPrototypeOf(handle) as typeof handle;
    await handle.close();
    const sync = jest.spyOn(prototype, "sync").mockImplementation(async () => {
        expect(ended).toBe(true);
        throw Object.assign(new Error("EIO: i/o error, fsync"), { code: "EIO" });
    });
    try {
        const writing = write("unsynced", [randomBytes(MIB)]).then(() => (ended = true));
        await expect(hashWhileWritten(path("unsynced"), writing, nothing)).rejects.toThrow("fsync");
        expect(sync).toHaveBeenCalledTimes(1);
    } finally {
        sync.mockRestore();
    }
});

test.each([true, false])("a writer that fails: its error (its file is there: %s)", async (there) => {
    const name = `failed-${there}`;
    const writing = (async () => {
        if (there) await write(name, [randomBytes(MIB)]);
        throw new Error("xorriso failed");
    })();
    await expect(hashWhileWritten(path(name), writing, nothing)).rejects.toThrow("xorriso failed");
});
