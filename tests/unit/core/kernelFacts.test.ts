import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelFacts } from "../../../core/unikernel/kernelFacts";
import { makeBzImage, makeElf } from "../guests/elfFixture";

const folder = mkdtempSync(join(tmpdir(), "kernel-facts-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => jest.restoreAllMocks());

const path = join(folder, "kernel");
/** As if the file had been left alone for a minute. */
const later = (): void => {
    const now = Date.now();
    jest.spyOn(Date, "now").mockReturnValue(now + 60_000);
};

test("a kernel that many guests boot from is parsed once", async () => {
    writeFileSync(path, makeElf({}));
    later();
    const all = await Promise.all(Array.from({ length: 30 }, () => kernelFacts(path)));
    expect(new Set(all).size).toBe(1);
    expect(await kernelFacts(path)).toBe(all[0]);
});

test("a kernel that was built again is read again, also within the tick of a file system's clock", async () => {
    writeFileSync(path, makeElf({}));
    const fresh = await kernelFacts(path);
    writeFileSync(path, makeBzImage({}));
    expect([fresh.format, (await kernelFacts(path)).format]).toEqual(["elf", "bzImage"]);
    later();
    expect((await kernelFacts(path)).format).toBe("bzImage");
    writeFileSync(path, makeElf({ notes: [] }));
    expect((await kernelFacts(path)).format).toBe("elf");
});

test("a failed reading is not kept", async () => {
    writeFileSync(path, "no kernel");
    later();
    await expect(kernelFacts(path)).rejects.toMatchObject({ code: "invalid" });
    await expect(kernelFacts(path)).rejects.toMatchObject({ code: "invalid" });
    await expect(kernelFacts(join(folder, "gone"))).rejects.toMatchObject({ code: "invalid" });
});
