import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

import { type BurnPhase, burnImage } from "../../../backends/iso/burn";
import { withSignal } from "../../../model";
import { workspace } from "../../unit/images/workspace";
import { errno, type Fault, fileDevice } from "./fileDevice";

const { path } = workspace();
const KIB = 1024,
    MIB = 1 << 20,
    BLOCK = 64 * KIB;

/** A device that is larger than the image by `more` bytes, and what each holds. */
function plant(image: Buffer, there: Buffer, sector: number, fault?: Fault): ReturnType<typeof fileDevice> {
    writeFileSync(path("image"), image);
    writeFileSync(path("device"), there);
    return fileDevice(path("device"), there.length, sector, fault);
}
const burn = (
    { device, open }: ReturnType<typeof fileDevice>,
    size: number,
    options = {},
): Promise<{ written: number }> => burnImage(path("image"), size, device, { open, ...options });
const device = (): Buffer => readFileSync(path("device"));
/** Equal, without Jest's slow look at millions of bytes. */
const same = (a: Buffer, b: Buffer): boolean => a.equals(b);
const changed = (bytes: Buffer, ...places: number[]): Buffer => {
    const copy = Buffer.from(bytes);
    for (const at of places) copy[at]! ^= 0xff;
    return copy;
};

describe.each([512, 4096])("sectors of %i bytes:", (sector) => {
    test.each([2 * KIB, 32 * KIB, MIB - 2 * KIB, MIB, MIB + 2 * KIB, 4 * MIB - 2 * KIB, 4 * MIB, 9 * MIB + 6 * KIB])(
        "an image of %i bytes lies there, and all behind it is as it was",
        async (size) => {
            const image = randomBytes(size);
            for (const there of [
                Buffer.alloc(10 * MIB),
                randomBytes(10 * MIB),
                Buffer.concat([changed(image, 0, size >> 1, size - 1), randomBytes(10 * MIB - size)]),
            ]) {
                const stick = plant(image, there, sector);
                await burn(stick, size);
                expect(same(device(), Buffer.concat([image, there.subarray(size)]))).toBe(true);
                expect(stick.calls.at(-1)!.what).toBe("close");
            }
        },
    );
});

const SIZE = 5 * MIB + 6 * KIB,
    DEVICE = 6 * MIB;
const image = randomBytes(SIZE);
const rest = randomBytes(DEVICE - SIZE);
const whole = Buffer.concat([image, rest]);

// Where something behind the head differs, the head was blanked and is written too.
test.each<[string, Buffer, number[][], number]>([
    ["nothing, where it is there already", whole, [], 0],
    ["one block, where one byte of it differs", changed(whole, 4.5 * MIB), [[4.5, BLOCK]], BLOCK + MIB],
    [
        "from the first that differs to the last, in a chunk of 4 MiB",
        changed(whole, 4.5 * MIB, 4.5 * MIB + 3 * BLOCK),
        [[4.5, 4 * BLOCK]],
        4 * BLOCK + MIB,
    ],
    ["the boot sector alone", changed(whole, 0), [], 512],
    ["the head, where it alone differs", changed(whole, 700 * KIB), [], MIB],
])("written: %s", async (_, there, parts, bytes) => {
    const stick = plant(image, there, 512);
    const { written } = await burn(stick, SIZE);
    const writes = stick.calls.filter(({ what }) => what === "write");
    const body = writes.filter(({ offset }) => offset >= MIB).map(({ offset, length }) => [offset / MIB, length]);
    expect({ body, written }).toEqual({ body: parts, written: bytes });
    expect(same(device(), whole)).toBe(true);
});

test("a device that holds something else altogether is not read before it is written", async () => {
    const phases = new Set<BurnPhase>();
    const stick = plant(image, randomBytes(DEVICE), 512);
    await burn(stick, SIZE, { onProgress: (_b: number, _t: number, phase: BurnPhase) => phases.add(phase) });
    const before = stick.calls.slice(
        0,
        stick.calls.findIndex(({ what, offset }) => what === "write" && offset >= 4 * MIB),
    );
    expect(before.filter(({ what }) => what === "read").every(({ length }) => length <= BLOCK)).toBe(true);
    expect(phases).toEqual(new Set(["write", "verify"]));
});

test("progress grows to the whole in each phase", async () => {
    const seen: Record<string, number[]> = {};
    await burn(plant(image, changed(whole, 2 * MIB), 512), SIZE, {
        onProgress: (bytes: number, total: number, phase: string) => {
            expect(bytes).toBeLessThanOrEqual(total);
            (seen[phase] ??= []).push(bytes);
        },
    });
    for (const steps of Object.values(seen)) expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(Object.keys(seen)).toEqual(["compare", "verify"]);
    expect(seen.compare!.at(-1)).toBe(SIZE);
});

/** Whether a machine would begin to boot from it. */
const hasBootSector = (): boolean =>
    same(device().subarray(0, 512), image.subarray(0, 512)) || same(device().subarray(0, 512), older.subarray(0, 512));
const older = Buffer.concat([changed(image, 0, 600 * KIB, 3 * MIB, 4.5 * MIB, 5 * MIB), rest]);

test.each([
    ["an older image", older],
    ["something else", randomBytes(DEVICE)],
])("over %s: cut at any call, it does not boot half of it, and the next burn ends it", async (_, there) => {
    const whole = Buffer.concat([image, there.subarray(SIZE)]);
    const clean = plant(image, there, 512);
    await burn(clean, SIZE);
    const total = clean.calls.length - 1;
    expect(total).toBeGreaterThan(15);
    for (let cut = 0; cut < total; cut++) {
        const stick = plant(image, there, 512, (_call, count) => {
            if (count >= cut) throw errno("EIO");
        });
        // Bad sectors on the way in are no end: what is written over them is.
        await expect(burn(stick, SIZE)).rejects.toMatchObject({ code: "program-failed", property: "burn.device" });
        expect(stick.calls.at(-1)!.what).toBe("close");
        const untouched = same(device(), there),
            finished = same(device(), whole);
        if (!untouched && !finished) expect(hasBootSector()).toBe(false);
        await burn(fileDevice(path("device"), there.length, 512), SIZE);
        expect(same(device(), whole)).toBe(true);
    }
});

/** From an offset on, in writes only or in all calls. */
const from =
    (offset: number, what: string[], then: () => number | undefined): Fault =>
    (call) =>
        what.includes(call.what) && call.offset + call.length > offset ? then() : undefined;
const fail = (code: string) => (): never => {
    throw errno(code);
};

test.each<[string, Fault, string, RegExp, RegExp]>([
    [
        "an i/o error",
        from(4.5 * MIB, ["write"], fail("EIO")),
        "program-failed",
        /write to \/dev\/disk\/by-id\/stick .* failed at byte 4194304: EIO/,
        /dmesg/,
    ],
    ["a stick that is pulled out", from(4.5 * MIB, ["write"], fail("ENODEV")), "not-found", /ENODEV/, /pulled out/],
    ["a switch that is moved", from(4.5 * MIB, ["write"], fail("EROFS")), "permission", /EROFS/, /write-protected/],
    [
        "no space below it",
        from(4.5 * MIB, ["write"], fail("ENOSPC")),
        "no-space",
        /at byte 4194304: ENOSPC/,
        /ends before its reported size/,
    ],
    [
        "a device that ends early",
        from(4.5 * MIB, ["write"], () => 0),
        "no-space",
        /ends at byte 4194304/,
        /counterfeit/,
    ],
    [
        "one that ends early when it is read",
        from(5 * MIB, ["read"], () => 0),
        "no-space",
        /ends at byte \d+/,
        /counterfeit/,
    ],
    [
        "a flush that fails",
        (call) => {
            if (call.what === "sync") throw errno("EIO");
        },
        "program-failed",
        /sync of .* failed: EIO/,
        /another port/,
    ],
])("%s is said with device and place, and the device is closed", async (_, fault, code, message, hint) => {
    const stick = plant(image, randomBytes(DEVICE), 512, fault);
    await expect(burn(stick, SIZE)).rejects.toMatchObject({
        code,
        property: "burn.device",
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
    });
    expect(stick.calls.filter(({ what }) => what === "close")).toHaveLength(1);
    expect(stick.calls.at(-1)!.what).toBe("close");
    expect(hasBootSector()).toBe(false);
});

test("what is read back and differs is an error that names the byte", async () => {
    const at = 4.5 * MIB + 12_345;
    let broken = false;
    const stick = plant(image, randomBytes(DEVICE), 512, ({ what }) => {
        // As flash that wears out does: written well, gone when it is read.
        if (
            what === "sync" &&
            stick.calls.some(({ what: other, offset }) => other === "write" && offset >= 4 * MIB) &&
            !broken
        ) {
            broken = true;
            writeFileSync(path("device"), changed(device(), at, at + 99));
        }
    });
    await expect(burn(stick, SIZE)).rejects.toMatchObject({
        code: "program-failed",
        message: expect.stringContaining(`from byte ${at} on`),
    });
    expect(hasBootSector()).toBe(false);
});

test("writes and reads that end halfway go on from there", async () => {
    const there = randomBytes(DEVICE);
    const stick = plant(image, there, 512, ({ what, length }) =>
        ["read", "write"].includes(what) && length > 4096 ? Math.ceil(length / 8192) * 4096 : undefined,
    );
    await burn(stick, SIZE);
    expect(same(device(), Buffer.concat([image, there.subarray(SIZE)]))).toBe(true);
});

test("sectors that cannot be read are written anew", async () => {
    const bad = { offset: 4 * MIB, written: false };
    const stick = plant(image, changed(whole, 2 * MIB), 512, ({ what, offset }) => {
        if (offset !== bad.offset) return;
        if (what === "write") bad.written = true;
        else if (!bad.written) throw errno("EIO");
    });
    await burn(stick, SIZE);
    expect([bad.written, same(device(), whole)]).toEqual([true, true]);
});

test("stopped between two chunks, with the signal's reason", async () => {
    const stop = new AbortController();
    const stick = plant(image, randomBytes(DEVICE), 512);
    const burning = withSignal(stop.signal, () =>
        burn(stick, SIZE, { onProgress: () => stop.abort(new Error("enough")) }),
    );
    await expect(burning).rejects.toThrow("enough");
    expect(stick.calls.filter(({ what, offset }) => what === "write" && offset > 0).length).toBeLessThanOrEqual(2);
    expect(stick.calls.at(-1)!.what).toBe("close");
});

test.each<[string, () => void, string]>([
    ["is not there", () => undefined, "not-found"],
    ["has another size than was said", () => writeFileSync(path("image"), image.subarray(1)), "changed"],
])("an image that %s: the device is not opened", async (_, make, code) => {
    const stick = fileDevice(path("device"), DEVICE, 512);
    make();
    await expect(burn(stick, SIZE)).rejects.toMatchObject({ code, message: expect.stringContaining(path("image")) });
    expect(stick.calls).toEqual([]);
});

test.each([
    ["before it was read there", 4 * MIB, 5 * MIB],
    ["after it was read there", 512, 3 * MIB],
])("an image that changes while it is burned, %s", async (_, when, where) => {
    const stick = plant(image, randomBytes(DEVICE), 512, ({ what, offset }) => {
        if (what === "write" && offset === when) writeFileSync(path("image"), changed(image, where));
    });
    await expect(burn(stick, SIZE)).rejects.toMatchObject({
        code: "changed",
        message: expect.stringContaining(path("image")),
    });
    expect(hasBootSector()).toBe(false);
});
