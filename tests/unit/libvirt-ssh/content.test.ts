import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { bytesOf, contentOf, headOf } from "../../../backends/libvirt/files/ssh/content";

describe("parts", () => {
    let folder: string;
    beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), "puk-test-content-"));
        await writeFile(join(folder, "file"), "def");
    });
    afterAll(() => rm(folder, { recursive: true }));

    const parts = () => [
        { bytes: Buffer.from("abc") },
        { file: join(folder, "file") },
        { bytes: new Uint8Array() },
        { bytes: Buffer.from("ghi") },
    ];

    test.each([
        [0, "abcdefghi"],
        [2, "cdefghi"],
        [3, "defghi"],
        [5, "fghi"],
        [6, "ghi"],
        [9, ""],
    ])("from %d on", async (offset, rest) => {
        let read = "";
        for await (const piece of bytesOf(parts(), offset)) read += piece.toString();
        expect(read).toBe(rest);
    });

    test("have the digest of the whole", async () => {
        const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
        expect(await contentOf(parts())).toEqual({ size: 9, sha256: sha256("abcdefghi") });
        expect(await contentOf([{ file: join(folder, "file") }])).toEqual({ size: 3, sha256: sha256("def") });
        expect(await contentOf([])).toEqual({ size: 0, sha256: sha256("") });
        await expect(contentOf([{ file: join(folder, "none") }])).rejects.toMatchObject({ code: "invalid" });
    });

    test("a large file and a small rest are told from all else", async () => {
        const [large, small] = [join(folder, "large"), join(folder, "file")];
        await writeFile(large, Buffer.alloc(100_000));
        const bytes = (length: number) => ({ bytes: Buffer.alloc(length) });
        expect(await headOf([{ file: large }, bytes(1), bytes(2)])).toEqual({ file: large, tail: Buffer.alloc(3) });
        for (const other of [
            [],
            [{ file: large }],
            [bytes(1), { file: large }],
            [{ file: small }, bytes(1)],
            [{ file: large }, { file: small }],
            [{ file: large }, bytes(70_000)],
            [{ file: join(folder, "none") }, bytes(1)],
        ])
            expect(await headOf(other)).toBeUndefined();
    });
});
