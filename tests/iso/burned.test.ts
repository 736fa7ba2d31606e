import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
    closeSync,
    copyFileSync,
    mkdirSync,
    openSync,
    readFileSync,
    readSync,
    rmSync,
    symlinkSync,
    writeFileSync,
    writeSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NotReadyError } from "../../core/unikernel/outputs";
import { testKernel } from "../e2e/guests";
import { workspace } from "../unit/images/workspace";
import { media } from "./media";

jest.setTimeout(900_000);
const { path } = workspace();

type Properties = Record<string, unknown>;
const STICK = 16 << 20;

/** A loop device, under a name as udev gives one to a stick. */
interface Stick {
    node: string;
    name: string;
    file: string;
}
let sticks: Stick[] = [];
function plugIn(size = STICK): Stick {
    const file = path(`stick-${sticks.length}`);
    writeFileSync(file, Buffer.alloc(size, 0xa5));
    const node = execFileSync("losetup", ["--find", "--show", file], { encoding: "utf8" }).trim();
    const name = join("/dev/disk/by-id", `usb-pulumi-unikernel-test-${process.pid}-${sticks.length}`);
    mkdirSync("/dev/disk/by-id", { recursive: true });
    symlinkSync(node, name);
    const stick = { node, name, file };
    sticks.push(stick);
    return stick;
}
function pullOut({ node, name }: Stick): void {
    rmSync(name, { force: true });
    execFileSync("losetup", ["--detach", node]);
    sticks = sticks.filter((one) => one.node !== node);
}
afterEach(() => [...sticks].forEach(pullOut));

let kernel: string;
beforeEach(async () => {
    kernel = path("nginx");
    copyFileSync(await testKernel(), kernel);
});

const args = ({ name }: Stick, more: Properties = {}): Properties => ({
    kernel,
    output: path("web.iso"),
    burn: { device: name, allowFixed: true },
    ...more,
});

/** Past the page cache of the device: what its backing file holds. */
function onStick({ file }: Stick, length: number): Buffer {
    const bytes = Buffer.alloc(length);
    const handle = openSync(file, "r");
    readSync(handle, bytes, 0, length, 0);
    closeSync(handle);
    return bytes;
}
const matches = (stick: Stick): boolean => {
    const image = readFileSync(path("web.iso"));
    return onStick(stick, image.length).equals(image);
};

async function burned(stick: Stick, more: Properties = {}) {
    const its = media();
    const { inputs, failures } = await its.check(args(stick, more));
    expect(failures).toEqual([]);
    const { id, outs } = await its.handlers.create(inputs);
    return { ...its, inputs, id, outs };
}

test("up writes the stick, and only what changed the next time; destroy leaves it and says so", async () => {
    const stick = plugIn();
    const { check, handlers, inputs, id, outs, said } = await burned(stick);
    expect(matches(stick)).toBe(true);
    expect(
        onStick(stick, STICK)
            .subarray(Number(outs.size) + 65536)
            .every((byte) => byte === 0xa5),
    ).toBe(true);
    expect(outs.burned).toEqual({ device: stick.name, sha256: outs.sha256, size: outs.size });
    expect(await handlers.diff(id, outs, (await check(args(stick), inputs)).inputs)).toMatchObject({ changes: false });
    expect((await handlers.read(id, outs)).props).toEqual(outs);

    const next = (await check(args(stick, { args: ["other"] }), inputs)).inputs;
    const { outs: after } = await handlers.update(id, outs, next);
    expect(matches(stick)).toBe(true);
    expect(after.burned).toMatchObject({ sha256: after.sha256 });
    const writes = said
        .filter((line) => line.includes("were written"))
        .map((line) => Number(/ (\d+) of \d+ MiB/.exec(line)?.[1]));
    expect(writes).toHaveLength(2);
    expect(writes[1]).toBeLessThanOrEqual(writes[0]!);

    await handlers.delete(id, after);
    expect(said.at(-1)).toMatch(new RegExp(`${stick.name} is left as it is`));
    expect(
        onStick(stick, 32769 + 5)
            .subarray(32769)
            .toString(),
    ).toBe("CD001");
});

test("what is on the stick is looked at by refresh, and mended by up; a pulled stick is no drift", async () => {
    const stick = plugIn();
    const { check, handlers, inputs, id, outs } = await burned(stick);
    const handle = openSync(stick.node, "r+");
    writeSync(handle, "scribble", 1 << 19);
    closeSync(handle);
    const read = await handlers.read(id, outs);
    expect(read.props).not.toHaveProperty("burned");
    const next = (await check(args(stick), { ...inputs, ...read.inputs })).inputs;
    expect(next.consequence).toMatch(/^live: burn/);
    expect(await handlers.diff(id, read.props, next)).toMatchObject({ changes: true });
    const { outs: mended } = await handlers.update(id, read.props, next);
    expect(matches(stick)).toBe(true);
    expect(mended).toEqual({ ...outs, consequence: next.consequence });

    pullOut(stick);
    expect((await handlers.read(id, mended)).props).toEqual(mended);
});

test("another stick is a live change: the image stays, the first stick is left", async () => {
    const [first, second] = [plugIn(), plugIn()];
    const { check, handlers, inputs, id, outs } = await burned(first);
    const next = (await check(args(second), inputs)).inputs;
    expect(next.consequence).toBe("live: burn");
    const { outs: after } = await handlers.update(id, outs, next);
    expect([matches(first), matches(second)]).toEqual([true, true]);
    expect(after).toMatchObject({ sha256: outs.sha256, burned: { device: second.name } });
});

test("a burn that was killed in the middle is repeated, although the program says what it said before", async () => {
    const stick = plugIn();
    const { check, handlers, inputs, id, outs } = await burned(stick);
    const next = (await check(args(stick, { args: ["other"] }), inputs)).inputs;
    const child = spawn(
        process.execPath,
        [
            "-r",
            resolve(__dirname, "../support/typescript.cjs"),
            join(__dirname, "updateChild.ts"),
            JSON.stringify([id, outs, next]),
        ],
        { stdio: "inherit", env: { ...process.env } },
    );
    const ended = once(child, "exit");
    while (onStick(stick, 512).some((byte) => byte !== 0) && child.exitCode === null) await sleep(1);
    child.kill("SIGKILL");
    await ended;
    expect(child.exitCode).toBe(null);
    const again = (await check(args(stick), inputs)).inputs;
    expect(await handlers.diff(id, outs, again)).toMatchObject({ changes: true });
    await handlers.update(id, outs, again);
    expect(matches(stick)).toBe(true);
    expect(await handlers.diff(id, outs, again)).toMatchObject({ changes: false });
});

const wrong: Record<string, [spec: (stick: Stick) => Properties, property: string, says: RegExp]> = {
    "is fixed, and nobody allowed it": [({ name }) => ({ device: name }), "burn.allowFixed", /fixed disk/],
    "is called by a name that moves": [
        ({ node }) => ({ device: node, allowFixed: true }),
        "burn.device",
        /another device tomorrow/,
    ],
    "has another serial number": [
        ({ name }) => ({ device: name, serial: "4711", allowFixed: true }),
        "burn.serial",
        /serial number/,
    ],
    "is a file": [
        () => ({ device: kernel, allowFixed: true }),
        "burn.device",
        /is a file, and an image is burned to a block device/,
    ],
};
test.each(Object.entries(wrong))("a stick that %s is refused at preview", async (_title, [spec, property, says]) => {
    const stick = plugIn();
    const { failures } = await media().check(args(stick, { burn: spec(stick) }));
    expect(failures).toEqual([{ property, reason: expect.stringMatching(says) as string }]);
});

const obstacles: Record<string, [prepare: (stick: Stick) => void, says: RegExp]> = {
    "is not there": [pullOut, /usb-pulumi-unikernel-test/],
    "is mounted": [
        (stick) => {
            execFileSync("mkfs.ext4", ["-q", stick.node]);
            mkdirSync(path("mounted"));
            execFileSync("mount", [stick.node, path("mounted")]);
        },
        /is mounted at .*umount/s,
    ],
};
test.each(Object.entries(obstacles))(
    "a stick that %s: the image is there, state says that it is not burned, and the next run burns it",
    async (title, [prepare, says]) => {
        const stick = plugIn();
        prepare(stick);
        const its = media();
        const { inputs, failures } = await its.check(args(stick));
        expect(failures).toEqual([]);
        try {
            const error = await its.handlers.create(inputs).then(
                () => undefined,
                (reason: unknown) => reason,
            );
            if (!(error instanceof NotReadyError)) throw error;
            expect(error.reasons.join()).toMatch(says);
            expect(error.reasons.join()).toContain("burn.device");
            expect(error.properties).toMatchObject({ path: path("web.iso") });
            expect(error.properties).not.toHaveProperty("burned");
            execFileSync("sha256sum", ["--check", "--quiet", "SHA256SUMS"], { cwd: path() });

            const other = plugIn();
            const { outs } = await its.handlers.update(
                error.id,
                error.properties,
                (await its.check(args(other), inputs)).inputs,
            );
            expect(matches(other)).toBe(true);
            expect(outs.burned).toMatchObject({ device: other.name });
        } finally {
            if (title === "is mounted") execFileSync("umount", [path("mounted")]);
        }
    },
);

test("a stick that is too small is refused, with both figures", async () => {
    const small = plugIn(1 << 18);
    const its = media();
    const { inputs } = await its.check(args(small));
    await expect(its.handlers.create(inputs)).rejects.toThrow(/has 262144 bytes, and the image needs/);
});
