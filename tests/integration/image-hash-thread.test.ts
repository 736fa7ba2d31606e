import { createHash, randomBytes } from "node:crypto";
import { createReadStream, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { hashWhileWritten } from "../../localFiles";

// Large images are hashed in a thread, which is started from dist/ (npm run build).
const MIB = 2 ** 20;
const PIECE = 5 * MIB;
const folder = mkdtempSync(join(tmpdir(), "puk-thread-"));
const path = (name: string) => join(folder, name);

afterAll(() => rmSync(folder, { recursive: true }));

async function write(name: string, pieces: number): Promise<void> {
    writeFileSync(path(name), "");
    for (let piece = 0; piece < pieces; piece++) await appendFile(path(name), randomBytes(PIECE));
}

/** Return the files of the test's folder that this process has open. */
function openFiles(): string[] {
    return readdirSync("/proc/self/fd").flatMap((fd) => {
        try {
            const file = readlinkSync(`/proc/self/fd/${fd}`);
            return file.startsWith(folder) ? [file] : [];
        } catch {
            return [];
        }
    });
}

test("an image of 40 MiB: its hash and size, the progress, and nothing is left open", async () => {
    const seen: number[] = [];
    const written = await hashWhileWritten(path("whole"), write("whole", 8), (bytes) => seen.push(bytes), 40 * MIB);
    const hash = createHash("sha256");
    await pipeline(createReadStream(path("whole")), hash);
    expect(written).toEqual({ sha256: hash.digest("hex"), size: 40 * MIB });
    expect(seen).toHaveLength(40);
    expect(seen.at(-1)).toBe(40 * MIB);
    expect(openFiles()).toEqual([]);
});

test("a writer that fails: its error, and nothing is left open", async () => {
    const writing = write("failed", 2).then(() => {
        throw new Error("xorriso failed");
    });
    await expect(hashWhileWritten(path("failed"), writing, () => undefined, 40 * MIB)).rejects.toThrow(
        "xorriso failed",
    );
    expect(openFiles()).toEqual([]);
});

test("an error of the caller's progress is the call's error", async () => {
    const fail = () => {
        throw new Error("no more lines");
    };
    await expect(hashWhileWritten(path("said"), write("said", 8), fail, 40 * MIB)).rejects.toThrow("no more lines");
});
