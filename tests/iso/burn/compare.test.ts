import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";

import { compareDevice, type OpenDevice } from "../../../backends/iso/burn";
import { CHUNK } from "../../../backends/iso/burn/pages";
import { errno, type Fault, fileDevice } from "./fileDevice";
import { Machine, paths } from "./tree";

const STICK = "dev/disk/by-id/usb-SanDisk_4C530001-0:0";
const MIB = 1 << 20,
    SIZE = 12 * MIB + 2048,
    SECTOR = 512;
const image = randomBytes(SIZE);

let machine: Machine;
afterEach(() => machine.close());

/** A stick that holds `content`, compared with the image. */
async function compare(
    content: Buffer,
    fault?: Fault,
    bytes = 2 ** 30,
    order = (open: OpenDevice) => open,
): Promise<{ outcome: unknown; read: number; closed: boolean }> {
    machine = new Machine({ [`sys/${paths.stick}/size`]: String(bytes / 512) });
    writeFileSync(machine.path("image"), image);
    writeFileSync(machine.path("content"), content);
    const { open, calls } = fileDevice(machine.path("content"), content.length, SECTOR, fault);
    const burn = { device: machine.path(STICK), allowFixed: false };
    const outcome = await compareDevice(machine.path("image"), SIZE, burn, {
        roots: machine.roots,
        open: order(open),
    }).catch((error: unknown) => error);
    return {
        outcome,
        read: calls.reduce((sum, { what, length }) => sum + (what === "read" ? length : 0), 0),
        closed: calls.at(-1)?.what === "close",
    };
}
const flipped = (at: number): Buffer => {
    const copy = Buffer.concat([image, randomBytes(MIB)]);
    copy[at]! ^= 1;
    return copy;
};

/** Answers a read of another whole chunk only once the first chunk was read and compared: the lanes run in this order on any machine. */
const afterTheFirstChunk =
    (open: OpenDevice): OpenDevice =>
    async (device, purpose) => {
        const file = await open(device, purpose);
        let compared!: () => void;
        const first = new Promise<void>((resolve) => {
            compared = resolve;
        });
        return {
            ...file,
            read: async (buffer, offset) => {
                const bytes = await file.read(buffer, offset);
                // The comparison follows this read before the next turn of the event loop.
                if (offset === 0) setImmediate(compared);
                else if (buffer.length === CHUNK) await first;
                return bytes;
            },
        };
    };
const whenRead =
    (then: () => number | undefined): Fault =>
    (call) =>
        call.what === "read" && call.offset >= 4 * MIB ? then() : undefined;

test.each<
    [
        string,
        () => Promise<{ outcome: unknown; read: number; closed: boolean }>,
        "same" | "different" | "absent",
        number,
    ]
>([
    ["the image, with something behind it", () => compare(flipped(SIZE)), "same", SIZE],
    ["another last byte", () => compare(flipped(SIZE - 1)), "different", SIZE],
    // The other lane has begun one chunk by then; the image's last sector is read first, since it is padded by the device's.
    [
        "another first byte: the rest is not read",
        () => compare(flipped(0), undefined, undefined, afterTheFirstChunk),
        "different",
        2 * CHUNK + SECTOR,
    ],
    ["a smaller device: nothing is read", () => compare(image, undefined, 8 * MIB), "different", 0],
    ["a device that ends early", () => compare(image.subarray(0, 8 * MIB)), "different", SIZE],
    [
        "sectors that cannot be read",
        () =>
            compare(
                image,
                whenRead(() => {
                    throw errno("EIO");
                }),
            ),
        "different",
        SIZE,
    ],
    [
        "a stick that is pulled out meanwhile",
        () =>
            compare(
                image,
                whenRead(() => {
                    rmSync(machine.path(STICK), { force: true });
                    throw errno("EIO");
                }),
            ),
        "absent",
        SIZE,
    ],
])("%s", async (_, make, expected, mostRead) => {
    const { outcome, read, closed } = await make();
    expect(outcome).toBe(expected);
    expect(read).toBeLessThanOrEqual(mostRead);
    expect(closed).toBe(true);
});

test("an image that is gone is an error of the image's", async () => {
    machine = new Machine();
    await expect(
        compareDevice(
            machine.path("image"),
            SIZE,
            { device: machine.path(STICK), allowFixed: false },
            { roots: machine.roots },
        ),
    ).rejects.toMatchObject({ code: "not-found", message: expect.stringContaining(machine.path("image")) });
});
