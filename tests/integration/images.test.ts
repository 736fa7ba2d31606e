import { execFileSync } from "node:child_process";
import { mkdir, open, rm, stat, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type BuiltImage, buildImage, type ImageOptions, type ImageSource, identify } from "../../images";
import { listing, unpack, verify } from "../unit/images/contents";
import { workspace } from "../unit/images/workspace";

jest.setTimeout(300_000);
const { path } = workspace();
const GIB = 1024 ** 3;
const LONG = process.env.PULUMI_UNIKERNEL_LONG !== undefined;

async function build(source: ImageSource, options: ImageOptions): Promise<BuiltImage> {
    return buildImage(source, options, await identify(source, options), path(`image.${options.format}`));
}

test("10,000 files: all there, each its own", async () => {
    for (let folder = 0; folder < 20; folder++) {
        await mkdir(path(`tree/folder ${folder}`), { recursive: true });
        await Promise.all(
            Array.from({ length: 500 }, (_, index) =>
                writeFile(path(`tree/folder ${folder}/file-${index}.html`), `<p>${folder}/${index}</p>`),
            ),
        );
    }
    const expected = await listing(path("tree"));
    expect(Object.keys(expected)).toHaveLength(10_020);
    for (const format of ["iso9660", "ext2", "ext4"] as const) {
        const { path: image } = await build(path("tree"), { format });
        verify(image, format);
        expect(await listing(await unpack(image, format, path(format)))).toEqual(expected);
    }
});

describe("a file of 2 GiB and a little", () => {
    const size = 2 * GIB + 4096;
    const marks: [number, string][] = [
        [0, "begin"],
        [GIB + 123, "middle"],
        [size - 4, "last"],
    ];

    /** The marks, read at an offset within the image. */
    async function marksAt(image: string, offset: number): Promise<[number, string][]> {
        const file = await open(image);
        try {
            return await Promise.all(
                marks.map(
                    async ([at, text]): Promise<[number, string]> => [
                        at,
                        (await file.read(Buffer.alloc(text.length), 0, text.length, offset + at)).buffer.toString(),
                    ],
                ),
            );
        } finally {
            await file.close();
        }
    }

    test("is whole in every format (in ext2 by the long run), and as sparse as it was in all but iso9660", async () => {
        await mkdir(path("tree"));
        const file = await open(path("tree/big"), "w");
        for (const [at, text] of marks) await file.write(text, at);
        await file.close();
        // So that its hash is remembered, and not computed for each format again.
        await sleep(2100);

        const iso = await build(path("tree"), { format: "iso9660" });
        const report = execFileSync(
            "xorriso",
            ["-no_rc", "-indev", iso.path, "-find", "/big", "-exec", "report_lba", "--"],
            { encoding: "utf8", stdio: "pipe" },
        );
        const [, extent, bytes] = /File data lba:\s*\d+\s*,\s*(\d+)\s*,\s*\d+\s*,\s*(\d+)/.exec(report)!;
        expect(Number(bytes)).toBe(size);
        expect(await marksAt(iso.path, Number(extent) * 2048)).toEqual(marks);
        await rm(iso.path);

        for (const format of LONG ? (["ext2", "ext4"] as const) : (["ext4"] as const)) {
            const { path: image } = await build(path("tree"), { format });
            verify(image, format);
            execFileSync("/usr/sbin/debugfs", ["-R", `dump /big ${path("copy")}`, image], { stdio: "pipe" });
            expect(await marksAt(path("copy"), 0)).toEqual(marks);
            expect((await stat(path("copy"))).size).toBe(size);
            expect((await stat(image)).blocks * 512).toBeLessThan(64 << 20);
            await rm(path("copy"));
        }

        const raw = await build(path("tree/big"), { format: "raw" });
        expect(await marksAt(raw.path, 0)).toEqual(marks);
        const qcow2 = await build(path("tree/big"), { format: "qcow2" });
        execFileSync("qemu-img", ["compare", "-f", "raw", "-F", "qcow2", path("tree/big"), qcow2.path]);
        for (const { path: image } of [raw, qcow2]) expect((await stat(image)).blocks * 512).toBeLessThan(8 << 20);
    });
});
