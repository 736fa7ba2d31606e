import { execFileSync } from "node:child_process";
import { mkdir, open, rm, stat, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type BuiltImage, buildImage, type ImageOptions, type ImageSource, identify } from "../../images";
import { LONG } from "../support/killed";
import { listing, unpack, verify } from "../unit/images/contents";
import { workspace } from "../unit/images/workspace";

jest.setTimeout(900_000);
const { path } = workspace();
const GIB = 1024 ** 3;

async function build(source: ImageSource, options: ImageOptions): Promise<BuiltImage> {
    return buildImage(source, options, await identify(source, options), path(`image.${options.format}`));
}

const FILE_SYSTEMS = LONG ? (["iso9660", "ext2", "ext4"] as const) : (["iso9660", "ext4"] as const);

test(`10,000 files in ${FILE_SYSTEMS.join(", ")}: all there, each its own`, async () => {
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
    for (const format of FILE_SYSTEMS) {
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

    /** The marks, read at their places within the image. */
    async function marksAt(image: string, place = (at: number): number => at): Promise<[number, string][]> {
        const file = await open(image);
        try {
            return await Promise.all(
                marks.map(
                    async ([at, text]): Promise<[number, string]> => [
                        at,
                        (await file.read(Buffer.alloc(text.length), 0, text.length, place(at))).buffer.toString(),
                    ],
                ),
            );
        } finally {
            await file.close();
        }
    }

    /** One for each run: each byte of two gibibytes is read and hashed for each format, which takes half a minute. */
    const FORMATS = ["ext4", ...(LONG ? (["qcow2", "iso9660", "ext2", "raw"] as const) : [])] as const;

    const inFormat: Record<"iso9660" | "ext2" | "ext4" | "raw" | "qcow2", () => Promise<void>> = {
        iso9660: async () => {
            const iso = await build(path("tree"), { format: "iso9660" });
            const report = execFileSync(
                "xorriso",
                ["-no_rc", "-indev", iso.path, "-find", "/big", "-exec", "report_lba", "--"],
                { encoding: "utf8", stdio: "pipe" },
            );
            const [, extent, bytes] = /File data lba:\s*\d+\s*,\s*(\d+)\s*,\s*\d+\s*,\s*(\d+)/.exec(report)!;
            expect(Number(bytes)).toBe(size);
            expect(await marksAt(iso.path, (at) => Number(extent) * 2048 + at)).toEqual(marks);
            await rm(iso.path);
        },
        ext2: () => inExt("ext2"),
        ext4: () => inExt("ext4"),
        raw: async () => {
            const raw = await build(path("tree/big"), { format: "raw" });
            expect(await marksAt(raw.path)).toEqual(marks);
            await expectSparse(raw.path, 8 << 20);
        },
        qcow2: async () => {
            const qcow2 = await build(path("tree/big"), { format: "qcow2" });
            execFileSync("qemu-img", ["compare", "-f", "raw", "-F", "qcow2", path("tree/big"), qcow2.path]);
            await expectSparse(qcow2.path, 8 << 20);
        },
    };

    /** Read where the file system has it: a copy out of the image would write all its zeros. */
    async function inExt(format: "ext2" | "ext4"): Promise<void> {
        const { path: image } = await build(path("tree"), { format });
        verify(image, format);
        const debugfs = (request: string): string =>
            execFileSync("/usr/sbin/debugfs", ["-R", request, image], { encoding: "utf8", stdio: "pipe" });
        const block = Number(/^Block size:\s+(\d+)$/m.exec(debugfs("stats -h"))![1]);
        const places = new Map(
            marks.map(([at]) => [at, Number(debugfs(`bmap /big ${Math.floor(at / block)}`)) * block + (at % block)]),
        );
        expect(await marksAt(image, (at) => places.get(at)!)).toEqual(marks);
        expect(Number(/\bSize: (\d+)$/m.exec(debugfs("stat /big"))![1])).toBe(size);
        await expectSparse(image, 64 << 20);
    }

    async function expectSparse(image: string, limit: number): Promise<void> {
        expect((await stat(image)).blocks * 512).toBeLessThan(limit);
    }

    test(`is whole and as sparse as it was in ${FORMATS.join(", ")} (all five formats: --long)`, async () => {
        await mkdir(path("tree"));
        const file = await open(path("tree/big"), "w");
        for (const [at, text] of marks) await file.write(text, at);
        await file.close();
        // So that its hash is remembered, and not computed for each format again.
        await sleep(2100);
        for (const format of FORMATS) await inFormat[format]();
    });
});
