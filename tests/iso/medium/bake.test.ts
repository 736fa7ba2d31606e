import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmod, chown, copyFile, mkdir, readdir, readFile, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { bake, mediumOf } from "../../../backends/iso/medium";
import { type MediumPlanOptions, mediumPlan } from "../../support/mediumPlans";
import { workspace } from "../../unit/images/workspace";
import { bakeChild, plantMedium } from "./media";

jest.setTimeout(900_000);
const { path } = workspace();
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const MIB = 2 ** 20;
const UNPRIVILEGED = 65534;

test("the image holds what was declared, says its own digest, and takes little beside", async () => {
    const options = await plantMedium(path("in"), { kernel: 7 * MIB, initrd: 3 * MIB + 1, data: 5 * MIB });
    const progress: [number, number][] = [];
    const contents = mediumOf(
        mediumPlan({ ...options, initrd: [...options.initrd!, { bytes: Buffer.from("config") }] }),
    );
    await mkdir(path("out"));
    const baked = await bake(contents, path("out/image"), { onProgress: (...step) => progress.push(step) });

    const image = await readFile(path("out/image"));
    expect(baked).toMatchObject({ sha256: sha256(image), size: image.length });
    expect(image.length - 15 * MIB).toBeLessThan(2.5 * MIB);
    expect(await readdir(path("out"))).toEqual(["image"]);
    expect(progress.at(-1)![0]).toBe(image.length);
    expect(progress.every(([bytes, total]) => bytes <= total && total < 18 * MIB)).toBe(true);

    execFileSync("xorriso", ["-osirrox", "on", "-indev", path("out/image"), "-extract", "/", path("tree")], {
        stdio: "ignore",
    });
    for (const file of contents.files) {
        const parts = await Promise.all(file.parts.map((part) => ("bytes" in part ? part.bytes : readFile(part.file))));
        const found = await readFile(path("tree", file.path));
        expect(sha256(found)).toBe(sha256(Buffer.concat(parts)));
        expect((await stat(path("tree", file.path))).mode & 0o777).toBe(0o644);
        if (!file.path.startsWith("/boot/grub/id/")) expect(baked.manifest[file.path]).toBe(sha256(found).slice(0, 16));
    }
    expect(Object.keys(baked.manifest)).toHaveLength(contents.files.length - 1);
});

/** Both headers of a GPT (UEFI Specification 2.10, 5.3.2) have right sums and know each other; the EFI partition's bytes. */
function efiPartition(image: Buffer): Buffer {
    const header = (block: number): { other: number; entries: Buffer } => {
        const at = image.subarray(block * 512, block * 512 + 92);
        expect(at.toString("latin1", 0, 8)).toBe("EFI PART");
        expect(crc32(Buffer.concat([at.subarray(0, 16), Buffer.alloc(4), at.subarray(20)]))).toBe(at.readUInt32LE(16));
        const first = Number(at.readBigUInt64LE(72)) * 512;
        const entries = image.subarray(first, first + at.readUInt32LE(80) * at.readUInt32LE(84));
        expect(crc32(entries)).toBe(at.readUInt32LE(88));
        expect(Number(at.readBigUInt64LE(24))).toBe(block);
        return { other: Number(at.readBigUInt64LE(32)), entries };
    };
    const primary = header(1);
    expect(primary.other).toBe(image.length / 512 - 1);
    expect(header(primary.other)).toEqual({ other: 1, entries: primary.entries });
    const at = primary.entries.indexOf("28732ac11ff8d211ba4b00a0c93ec93b", 0, "hex");
    const [from, to] = [32, 40].map((offset) => Number(primary.entries.readBigUInt64LE(at + offset)));
    return image.subarray(from! * 512, (to! + 1) * 512);
}

test("a stick or disk finds the boot loaders too: an active partition, a whole GPT, and its EFI partition", async () => {
    await bake(mediumOf(mediumPlan(await plantMedium(path("in")))), path("image"));
    const image = await readFile(path("image"));
    const partitions = [0, 1, 2, 3].map((index) => image.subarray(446 + 16 * index, 462 + 16 * index));
    expect(image.readUInt16LE(510)).toBe(0xaa55);
    expect(partitions.filter((entry) => entry[4] === 0xee)).toHaveLength(1);
    expect(partitions.filter((entry) => entry[0] === 0x80)).toHaveLength(1);
    await writeFile(path("efi"), efiPartition(image));
    execFileSync("mcopy", ["-i", path("efi"), "::/EFI/BOOT/BOOTX64.EFI", path("loader")]);
    expect((await readFile(path("loader"))).toString("latin1", 0, 2)).toBe("MZ");
});

test("a guest that only a BIOS can start has no EFI loader, so that UEFI machines with both try the other way", async () => {
    await bake(mediumOf(mediumPlan({ ...(await plantMedium(path("in"))), firmware: ["bios"] })), path("image"));
    const image = await readFile(path("image"));
    expect(image.includes("EFI PART")).toBe(false);
    expect(image.length).toBeLessThan(300_001 + 1.2 * MIB);
});

test("the same declaration gives the same bytes: another user, folder, locale, time zone, umask, times and modes of files", async () => {
    const options = await plantMedium(path("in"));
    const here = await bake(mediumOf(mediumPlan(options)), path("image"));
    await mkdir(path("elsewhere"));
    await chown(path("elsewhere"), UNPRIVILEGED, UNPRIVILEGED);
    const copy = async (file: string): Promise<string> => {
        const to = path("elsewhere", basename(file));
        await copyFile(file, to);
        await chmod(to, 0o755);
        await utimes(to, 1e9, 1.1e9);
        return to;
    };
    const there = {
        ...options,
        kernel: await copy(options.kernel),
        initrd: [{ file: await copy(path("in/initrd")) }],
        blocks: [await copy(path("in/data.iso"))],
    };
    await writeFile(path("options"), JSON.stringify(there));
    await sleep(1100);
    const child = bakeChild([path("options"), path("elsewhere/image"), String(UNPRIVILEGED)], {
        TZ: "Asia/Tokyo",
        LC_ALL: "C.UTF-8",
        LANGUAGE: "de",
        HOME: path("elsewhere"),
        XDG_CACHE_HOME: path("elsewhere/cache"),
    });
    expect(await text(child.stdout!)).toBe(here.sha256);
    const [image] = (await readdir(path("elsewhere"))).filter((name) => name.startsWith(".image"));
    expect(sha256(await readFile(path("elsewhere", image!)))).toBe(here.sha256);
    expect((await stat(path("elsewhere", image!))).uid).toBe(UNPRIVILEGED);
});

test("SOURCE_DATE_EPOCH changes times, and nothing else", async () => {
    const contents = mediumOf(mediumPlan(await plantMedium(path("in"))));
    const before = process.env.SOURCE_DATE_EPOCH;
    process.env.SOURCE_DATE_EPOCH = "1700000000";
    try {
        await bake(contents, path("said"));
    } finally {
        if (before === undefined) delete process.env.SOURCE_DATE_EPOCH;
        else process.env.SOURCE_DATE_EPOCH = before;
    }
    await bake(contents, path("given"), { clock: 1_700_000_000 });
    await bake(contents, path("unsaid"));
    const [said, given, unsaid] = await Promise.all(["said", "given", "unsaid"].map((name) => readFile(path(name))));
    expect(said!.equals(given!)).toBe(true);
    expect(said!.length).toBe(unsaid!.length);
    const tree = (name: string): string =>
        execFileSync("xorriso", ["-indev", path(name), "-find", "/", "-exec", "lsdl"], {
            encoding: "utf8",
            stdio: ["ignore", "pipe", "ignore"],
            env: { ...process.env, TZ: "UTC" },
        });
    expect(tree("said")).toBe(tree("unsaid").replaceAll("Jan  1  1980", "Nov 14  2023"));
    expect(tree("said")).toContain("Nov 14  2023");
    // 7 bytes for each record of ISO 9660, up to 21 for each of Rock Ridge, and a few in FAT: none in what is stored.
    const differing = said!.reduce((count, byte, index) => count + Number(byte !== unsaid![index]), 0);
    expect(differing).toBeLessThan(60 * 50);
});

test("with a secret: the file is its owner's alone from the start, and no plain digest is told", async () => {
    const key = "00112233445566778899aabbccddeeff";
    const contents = mediumOf(mediumPlan({ ...(await plantMedium(path("in"))), secret: true, digestKey: key }));
    const modes = new Set<number>();
    const baking = bake(contents, path("image"), {
        onProgress: () => void stat(path("image")).then(({ mode }) => modes.add(mode & 0o777)),
    });
    const { manifest, sha256: digest } = await baking;
    modes.add((await stat(path("image"))).mode & 0o777);
    expect([...modes]).toEqual([0o600]);
    expect(digest).toBe(sha256(await readFile(path("image"))));
    expect(manifest["/boot/kernel"]).not.toBe(sha256(await readFile(path("in/vmlinuz"))).slice(0, 16));
    expect(JSON.stringify(manifest)).not.toContain(contents.id);
});

const large = (block: MediumPlanOptions["medium"]["blocks"]): Partial<MediumPlanOptions> => ({
    medium: { protocol: block![0]!.where === "memory" ? "linux" : "multiboot", blocks: block },
});
test.each<[string, number, Partial<MediumPlanOptions>, RegExp]>([
    [
        "more than a boot loader can load",
        769 * MIB,
        large([{ where: "memory", path: "/unikernel/images/0" }]),
        /blocks\[0\]: 770 MiB would have to be loaded before the kernel runs, 769 of them \/images\/0: a boot loader has room for 768/,
    ],
    [
        "a file of 4 GiB",
        4096 * MIB,
        large([{ where: "medium", path: "/images/data.iso" }]),
        /blocks\[0\]: 4096 MiB: a file on a medium has to be smaller than 4 GiB/,
    ],
])("%s is refused with its figures, at once", async (_, size, change, said) => {
    const options = await plantMedium(path("in"));
    const contents = mediumOf(mediumPlan({ ...options, ...change }));
    await truncate(options.blocks![0]!, size);
    await mkdir(path("out"));
    const onProgress = jest.fn();
    await expect(bake(contents, path("out/image"), { onProgress })).rejects.toThrow(said);
    expect(onProgress).not.toHaveBeenCalled();
    expect(await readdir(path("out"))).toEqual([]);
});
