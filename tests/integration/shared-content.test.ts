import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { copyFile, type FileHandle, lstat, mkdir, open, readdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { LONG } from "../support/killed";
import { type GuestOptions, type Lifecycle, openLifecycle } from "../support/lifecycle";
import { asUser, repositorySeen, sessionHome, UNPRIVILEGED } from "../support/ordinaryUser";
import { must } from "../support/processes";
import { byVolumes } from "../support/volumes";

// Many emulated guests start, restart and stop, on machines that do other things too.
jest.setTimeout(900_000);

const MIB = 2 ** 20;
/** Bytes that a guest whose content is there may write: its configuration, its claim, the console log. */
const PER_GUEST = 256 * 1024;

let its: Lifecycle;
let image: string;
/** Whether the files of this process go by storage volumes. */
let volumes = false;
beforeAll(async () => {
    its = await openLifecycle({
        qemuConf: ["dynamic_ownership = 1", "remember_owner = 1"],
        wrap: (host) => (volumes ? byVolumes(host, its.host) : host),
    });
    image = join(its.host.folder, "image");
    await writeFile(image, randomBytes(16 * MIB));
});
afterAll(() => its.close());

const isShared = (name: string): boolean => /^(kernel|image)-[0-9a-f]{16}(\.img)?$/.test(name);

/** Return the facts of all files in the folders of guests, with their inodes. */
async function filesOf(guests: GuestOptions[]) {
    const all = [];
    for (const guest of guests) {
        const folder = await its.folder(guest as Parameters<Lifecycle["folder"]>[0]);
        for (const name of await readdir(folder)) all.push({ name, ...(await lstat(join(folder, name))) });
    }
    return all;
}

const written = (): number => Number(/^write_bytes: (\d+)$/m.exec(readFileSync("/proc/self/io", "latin1"))![1]);

/** How many guests: `--long` takes thirty. Two thirds of them restart while the others go. */
const [GUESTS, RESTARTED] = LONG ? [30, 20] : [9, 6];

test(`${GUESTS} guests boot from one copy, started, restarted and stopped at once under DAC security`, async () => {
    const guests = Array.from({ length: GUESTS }, () => its.guest({ blocks: [{ path: image }] }));
    const [first, ...others] = guests;
    await its.create(first!);
    const before = written();
    const made = await Promise.all(others.map((guest) => its.create(guest)));
    expect((written() - before) / others.length).toBeLessThanOrEqual(PER_GUEST);
    for (const { state } of made) expect(state).toBe("running");

    const [kernel, disk] = await assertShared(guests);
    const own = (await filesOf(others)).filter(({ nlink }) => nlink === 1);
    expect(own.reduce((sum, { blocks }) => sum + blocks * 512, 0) / others.length).toBeLessThanOrEqual(PER_GUEST);
    const user = Number((await must("id", ["-u", "libvirt-qemu"])).trim());
    expect([kernel.uid, disk.uid]).toEqual([user, user]);

    const processes = await Promise.all(guests.map((guest) => its.process(guest)));
    const changed = guests.map((guest) => ({ ...guest, args: ["again"] }));
    const ends = await Promise.allSettled([
        ...changed.slice(0, RESTARTED).map((guest, index) => its.update(guests[index]!, guest)),
        ...guests.slice(RESTARTED).map((guest) => its.delete(guest)),
    ]);
    expect(ends.filter(({ status }) => status === "rejected")).toEqual([]);
    const left = changed.slice(0, RESTARTED);
    const restarted = await Promise.all(left.map((guest) => its.process(guest)));
    for (const [index, process] of restarted.entries()) expect(process).not.toBe(processes[index]);
    const [same] = await assertShared(left);
    expect(same.ino).toBe(kernel.ino);

    // The last guest keeps its content while the others go, and boots again from it.
    const last = left.pop()!;
    await Promise.all(left.map((guest) => its.delete(guest)));
    expect((await its.update(last, { ...last, args: ["last"] })).state).toBe("running");
    await assertShared([last]);
    await its.delete(last);
    expect(await readdir(its.host.env.PULUMI_UNIKERNEL_DIR)).toEqual([]);
});

test("what a create whose content is on the host syncs", async () => {
    const first = its.guest({ blocks: [{ path: image }] });
    await its.create(first);
    const file = await open(image);
    const sync = jest.spyOn(Object.getPrototypeOf(file) as FileHandle, "sync");
    try {
        for (const [what, options, expected] of [
            ["its configuration and its folder", { access: "read" }, 2],
            ["no scratch copy, which every start renews", { access: "scratch" }, 2],
            ["a scratch copy that autostart may use after a power cut", { access: "scratch", autostart: true }, 4],
        ] as const) {
            const { access, ...more } = options;
            const second = its.guest({ blocks: [{ path: image, access }], ...more });
            sync.mockClear();
            await its.create(second);
            expect({ what, syncs: sync.mock.calls.length }).toEqual({ what, syncs: expected });
            await its.delete(second);
        }
    } finally {
        sync.mockRestore();
        await file.close();
    }
    await its.delete(first);
});

/** Expect kernel and image of the guests to be two inodes that every user may read. */
async function assertShared(guests: GuestOptions[]) {
    const files = (await filesOf(guests)).filter(({ name }) => isShared(name));
    expect(files).toHaveLength(2 * guests.length);
    for (const { mode, nlink } of files) expect([mode & 0o777, nlink]).toEqual([0o644, guests.length + 1]);
    expect(new Set(files.map(({ ino }) => ino)).size).toBe(2);
    const one = (prefix: string) => files.find(({ name }) => name.startsWith(prefix))!;
    return [one("kernel-"), one("image-")] as const;
}

test("guests with copies of their own, as older releases made them, share content from their next restart on", async () => {
    const guests = [1, 2].map(() => its.guest({ blocks: [{ path: image }] }));
    for (const guest of guests) {
        await its.create(guest);
        await ownCopies(guest);
    }
    const [one, two] = guests;
    const before = await its.process(one!);
    await its.update(one!, one!);
    expect(await its.process(one!)).toBe(before);
    expect((await filesOf([one!])).filter(({ name, nlink }) => isShared(name) && nlink > 1)).toEqual([]);

    await its.update(one!, { ...one!, args: ["again"] });
    await its.update(two!, { ...two!, args: ["again"] });
    await assertShared(guests);
    for (const guest of guests) await its.delete(guest);
    expect(await readdir(its.host.env.PULUMI_UNIKERNEL_DIR)).toEqual([]);
});

test("the guests of a session share content as root's do", async () => {
    const home = join(its.host.folder, "home");
    const environment = await sessionHome(home, UNPRIVILEGED);
    const kernel = join(its.host.folder, "session-kernel");
    await copyFile((await (await import("../guests/build.mjs")).buildTestKernels()).testKernel, kernel);
    const program = join(repositorySeen(its.host), "bench", "programs", "content.js");
    const measured = await asUser(
        its.host,
        UNPRIVILEGED,
        [
            program,
            JSON.stringify({
                root: repositorySeen(its.host),
                uri: "qemu:///session",
                kernel,
                image,
                folder: join(home, ".local/share/pulumi-unikernel"),
                guests: 3,
            }),
        ],
        environment,
    );
    const { written, occupied } = measured as { written: number; occupied: number };
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThanOrEqual(PER_GUEST);
    expect(occupied).toBeGreaterThan(0);
    expect(occupied).toBeLessThanOrEqual(PER_GUEST);
});

test("by storage volumes, which have no links, each guest occupies its whole files", async () => {
    volumes = true;
    const guests = [1, 2].map(() => its.guest({ blocks: [{ path: image }] }));
    for (const guest of guests) await its.create(guest);
    const { testKernel } = await (await import("../guests/build.mjs")).buildTestKernels();
    const whole = (await stat(testKernel)).size + (await stat(image)).size;
    for (const guest of guests) {
        const files = await filesOf([guest]);
        const occupied = files.reduce((sum, { blocks }) => sum + blocks * 512, 0);
        expect(occupied).toBeGreaterThanOrEqual(whole);
        expect(occupied).toBeLessThanOrEqual(whole + PER_GUEST);
    }
    for (const guest of guests) await its.delete(guest);
    volumes = false;
});

/** Replace a guest's links by copies. */
async function ownCopies(guest: GuestOptions): Promise<void> {
    const folder = await its.folder(guest as Parameters<Lifecycle["folder"]>[0]);
    const aside = join(its.host.folder, "aside");
    await mkdir(aside, { recursive: true });
    for (const name of (await readdir(folder)).filter(isShared)) {
        await copyFile(join(folder, name), join(aside, name));
        await rename(join(aside, name), join(folder, name));
    }
}
