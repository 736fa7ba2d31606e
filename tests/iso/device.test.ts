import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
    chmodSync,
    constants,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readFileSync,
    rmSync,
    symlinkSync,
    truncateSync,
    writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { type BurnPhase, burnImage, compareDevice, inspectDevice, systemRoots } from "../../backends/iso/burn";
import type { BurnSpec } from "../../model";
import { LONG } from "../support/killed";

jest.setTimeout(900_000);
const MIB = 1 << 20,
    SIZE = 21 * MIB + 2048,
    DEVICE = 24 * MIB;

let folder: string, dev: string, loops: string[];
/** What puts the machine back, run from the last to the first, each whatever became of the others. */
let undo: string[][];
const path = (name: string): string => join(folder, name);
beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "puk-burn-"));
    [dev, loops, undo] = [path("dev"), [], []];
    mkdirSync(path("dev/disk/by-id"), { recursive: true });
});
afterEach(() => {
    const failures = undo
        .reverse()
        .map(([program = "", ...args]) => spawnSync(program, args, { encoding: "utf8" }).stderr)
        .filter(Boolean);
    rmSync(folder, { recursive: true, force: true });
    expect(failures).toEqual([]);
});

const roots = (): typeof systemRoots => ({ ...systemRoots, dev });
const image = randomBytes(SIZE);

/** A number that no other program is given, since they get the lowest free one: for what is detached and comes back. */
const APART = "/dev/loop97";

/** A loop device under a name that stays. */
function attach({
    backing = path("backing"),
    content = randomBytes(DEVICE),
    options = [] as string[],
    at = "-f",
} = {}): { node: string; burn: BurnSpec; content: Buffer } {
    if (!existsSync(backing)) writeFileSync(backing, content);
    const node = execFileSync("losetup", [...options, "--show", at, backing], { encoding: "utf8" }).trim();
    loops.push(node);
    undo.push(["losetup", "-d", node]);
    const device = join(dev, `disk/by-id/stick-${loops.length}`);
    symlinkSync(node, device);
    return { node, content, burn: { device, allowFixed: true } };
}
function mount(what: string, ...options: string[]): string {
    mkdirSync(path("mnt"), { recursive: true });
    execFileSync("mount", [...options, what, path("mnt")]);
    undo.push(["umount", path("mnt")]);
    return path("mnt");
}
async function burnIt(
    burn: BurnSpec,
    content = image,
    onProgress?: (bytes: number, total: number, phase: BurnPhase) => void,
): Promise<{ written: number }> {
    writeFileSync(path("image"), content);
    return burnImage(path("image"), content.length, await inspectDevice(burn, content.length, roots()), { onProgress });
}
const compare = (burn: BurnSpec): Promise<string> => compareDevice(path("image"), SIZE, burn, { roots: roots() });
/** What the device has, by the page cache, that every other program reads through. */
const contentOf = (node: string): Buffer => readFileSync(node);

test.each([
    ["512", SIZE],
    ["4096", Math.ceil(SIZE / 4096) * 4096],
])("sectors of %s bytes: burned, changed, burned again; read past and through the page cache", async (sector) => {
    const { node, burn, content } = attach({ options: ["--sector-size", sector] });
    contentOf(node);
    const phases = new Set<BurnPhase>();
    expect(await burnIt(burn, image, (_bytes, _total, phase) => phases.add(phase))).toEqual({
        written: expect.any(Number),
    });
    expect(phases).toEqual(new Set(["write", "verify"]));
    expect(contentOf(node).equals(Buffer.concat([image, content.subarray(SIZE)]))).toBe(true);
    expect(await compare(burn)).toBe("same");

    const next = Buffer.from(image);
    next.fill(7, 13 * MIB, 13 * MIB + 100_000);
    // Two blocks, and the head of 1 MiB that is blanked while they are written.
    expect(await burnIt(burn, next)).toEqual({ written: 2 * 65_536 + MIB });
    expect(contentOf(node).equals(Buffer.concat([next, content.subarray(SIZE)]))).toBe(true);
    expect(await burnIt(burn, next)).toEqual({ written: 0 });

    writeFileSync(path("image"), image);
    expect(await compare(burn)).toBe("different");
    rmSync(burn.device);
    expect(await compare(burn)).toBe("absent");
});

test("refresh reads a stick that a desktop has mounted", async () => {
    const { node, burn } = attach();
    execFileSync("mkfs.ext4", ["-q", node]);
    await burnIt({ ...burn }, readFileSync(node).subarray(0, SIZE));
    mount(node, "-o", "ro");
    expect(await compare(burn)).toBe("same");
});

test.each<[string, () => BurnSpec | Promise<BurnSpec>, Record<string, unknown>]>([
    [
        "mounted",
        () => {
            const { node, burn } = attach();
            execFileSync("mkfs.ext4", ["-q", node]);
            mount(node);
            return burn;
        },
        { code: "in-use", property: "burn.device", hint: expect.stringContaining("umount /") },
    ],
    [
        "a partition of it is swap",
        () => {
            const { burn } = partitioned();
            return burn;
        },
        { code: "in-use", property: "burn.device", message: expect.stringMatching(/loop\d+p1 is swap/) },
    ],
    [
        "a partition",
        () => {
            const { node, burn } = partitioned();
            rmSync(burn.device);
            symlinkSync(`${node}p1`, burn.device);
            return burn;
        },
        { code: "invalid", property: "burn.device", message: expect.stringMatching(/partition of loop\d+/) },
    ],
    [
        "read-only",
        () => attach({ options: ["-r"] }).burn,
        { code: "permission", property: "burn.device", hint: expect.stringContaining("--setrw") },
    ],
    [
        "not removable",
        () => ({ ...attach().burn, allowFixed: false }),
        { code: "invalid", property: "burn.allowFixed" },
    ],
    [
        "too small",
        () => attach({ content: Buffer.alloc(20 * MIB) }).burn,
        { code: "no-space", property: "burn.device", message: expect.stringContaining(`${20 * MIB} bytes`) },
    ],
    [
        "a name that moves",
        () => ({ ...attach().burn, device: loops[0]! }),
        { code: "invalid", property: "burn.device", hint: expect.stringMatching(/by-id\/stick-1/) },
    ],
    [
        "a serial number, of a device that has none",
        () => ({ ...attach().burn, serial: "1234" }),
        { code: "invalid", property: "burn.serial" },
    ],
    [
        "a character device",
        () => ({ device: "/dev/null", allowFixed: true }),
        { code: "invalid", message: expect.stringContaining("not a block device") },
    ],
    [
        "a detached loop device",
        () => {
            const { burn, node } = attach({ at: APART });
            execFileSync("losetup", ["-d", node]);
            undo = [];
            loops = [];
            return burn;
        },
        { code: "not-found", message: expect.stringContaining("no medium") },
    ],
])("refused: %s", async (_, make, expected) => {
    const burn = await make();
    const before = loops.map(contentOf);
    await expect(inspectDevice(burn, SIZE, roots())).rejects.toMatchObject(expected);
    expect(loops.map(contentOf).every((content, at) => content.equals(before[at]!))).toBe(true);
});

/** With a partition that is swap; made by addpart, since not every kernel looks for partitions on loop devices. */
function partitioned(): { node: string; burn: BurnSpec } {
    const made = attach(),
        part = `${made.node}p1`;
    execFileSync("addpart", [made.node, "1", "2048", "20480"]);
    undo.push(["delpart", made.node, "1"]);
    execFileSync("mkswap", ["-q", part]);
    execFileSync("swapon", [part]);
    undo.push(["swapoff", part]);
    return made;
}

test("another program has it for itself: before the look, and between the look and the burn", async () => {
    const { node, burn } = attach();
    writeFileSync(path("image"), image);
    const device = await inspectDevice(burn, SIZE, roots());
    const other = await open(node, constants.O_RDONLY | constants.O_EXCL);
    try {
        const busy = {
            code: "in-use",
            message: expect.stringContaining("another program"),
            hint: expect.stringContaining(`fuser -v ${node}`),
        };
        await expect(inspectDevice(burn, SIZE, roots())).rejects.toMatchObject(busy);
        await expect(burnImage(path("image"), SIZE, device)).rejects.toMatchObject(busy);
    } finally {
        await other.close();
    }
    expect(await burnImage(path("image"), SIZE, device)).toEqual({ written: SIZE });
});

test("another device took the node between the look and the burn", async () => {
    const { node, burn } = attach({ at: APART });
    writeFileSync(path("image"), image);
    const device = await inspectDevice(burn, SIZE, roots());
    execFileSync("losetup", ["-d", node]);
    const other = randomBytes(DEVICE);
    writeFileSync(path("other"), other);
    execFileSync("losetup", [node, path("other")]);
    await expect(burnImage(path("image"), SIZE, device)).rejects.toMatchObject({
        code: "changed",
        property: "burn.device",
    });
    expect(contentOf(node).equals(other)).toBe(true);
});

test("a user who may not write to devices is told the command that helps", async () => {
    const { node, burn } = attach();
    writeFileSync(path("image"), image);
    chmodSync(folder, 0o755);
    process.seteuid!(65534);
    try {
        const refused = {
            code: "permission",
            property: "burn.device",
            hint: expect.stringContaining(`sudo setfacl -m u:"$USER":rw ${node}`),
        };
        await expect(inspectDevice(burn, SIZE, roots())).rejects.toMatchObject(refused);
        await expect(compare(burn)).rejects.toMatchObject(refused);
    } finally {
        process.seteuid!(0);
    }
});

test("what lies below the device is full: said with the place; with room there, the next burn ends it", async () => {
    const small = mount("none", "-t", "tmpfs", "-o", "size=12m");
    writeFileSync(join(small, "backing"), "");
    truncateSync(join(small, "backing"), DEVICE);
    const { node, burn } = attach({ backing: join(small, "backing") });
    await expect(burnIt(burn)).rejects.toMatchObject({
        code: expect.stringMatching(/no-space|program-failed/),
        property: "burn.device",
        message: expect.stringMatching(new RegExp(`stick-1 \\(${node}\\) failed at byte \\d+: (ENOSPC|EIO)`)),
    });
    expect(contentOf(node).subarray(0, MIB).equals(Buffer.alloc(MIB))).toBe(true);
    expect(await compare(burn)).toBe("different");
    execFileSync("mount", ["-o", "remount,size=40m", small]);
    await burnIt(burn);
    expect(await compare(burn)).toBe("same");
});

const STEPS = [1, 3, 5, 7, 9, 11];
const steps = LONG ? STEPS : [1, 5, 11];
test.each(steps)(
    `killed after %i steps (${steps.length} of ${STEPS.length} places), the next burn ends it`,
    async (steps) => {
        const { node, burn, content } = attach();
        writeFileSync(path("image"), image);
        const support = resolve(__dirname, "../support/typescript.cjs"),
            program = resolve(__dirname, "burn/burnChild.ts");
        const child = spawn(
            process.execPath,
            ["-r", support, program, JSON.stringify({ image: path("image"), size: SIZE, burn, dev, steps })],
            { stdio: ["ignore", "pipe", "inherit"] },
        );
        const ended = once(child, "exit");
        const [said] = (await once(child.stdout, "data")) as [Buffer];
        child.kill("SIGKILL");
        await ended;
        expect(String(said).trim()).toBe(steps <= 6 ? "write" : "verify");
        // Blank where it would boot from: neither the old content nor half of the new.
        expect(contentOf(node).subarray(0, MIB).equals(Buffer.alloc(MIB))).toBe(true);
        await burnIt(burn);
        expect(contentOf(node).equals(Buffer.concat([image, content.subarray(SIZE)]))).toBe(true);
    },
);
