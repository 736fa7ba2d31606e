import { compareDevice } from "../../../backends/iso/burn";
import { factsOf } from "../../../backends/iso/burn/facts";
import { refusalOf } from "../../../backends/iso/burn/refusal";
import type { BurnSpec } from "../../../model";
import { type Entry, Machine, number, paths } from "./tree";

const STICK = "dev/disk/by-id/usb-SanDisk_4C530001-0:0",
    DISK = "dev/disk/by-id/ata-WD-A1",
    CARD = "dev/disk/by-id/mmc-SD32G";
const IMAGE = 600 << 20;

let machine: Machine;
afterEach(() => machine.close());

type Changes = Record<string, Entry>;
interface Case {
    device?: string;
    changes?: Changes;
    burn?: Partial<BurnSpec>;
    size?: number;
}

async function judge({ device = STICK, changes, burn, size = IMAGE }: Case): Promise<unknown> {
    machine = new Machine(changes);
    const spec: BurnSpec = { device: machine.path(device), allowFixed: false, ...burn };
    return factsOf(spec.device, machine.roots).then(
        (facts) => refusalOf(spec, facts, size, machine.roots),
        (error: unknown) => error,
    );
}

const mount = (name: string, at: string): string =>
    `36 1 ${number(name)} / ${at} rw,relatime shared:1 - ext4 /dev/${name} rw\n`;
const holder = (folder: string, by: string): Changes => ({
    [`sys/${folder}/holders/${by}`]: { to: `sys/devices/virtual/block/${by}` },
    [`sys/devices/virtual/block/${by}/dev`]: number(by),
});
const lvm: Changes = {
    ...holder(`${paths.disk}/sda2`, "dm-0"),
    "sys/devices/virtual/block/dm-0/dm/name": "vg-root",
    "sys/devices/virtual/block/dm-0/dm/uuid": "LVM-abc",
};
/** A second slot with a card in it, in the reader that the stick's place is. */
const secondSlot: Changes = {
    "sys/block/sdc": { to: `sys/${paths.stick.replace("6:0:0:0/block/sdb", "6:0:0:1/block/sdc")}` },
    [`sys/${paths.stick.replace("6:0:0:0/block/sdb", "6:0:0:1/block/sdc")}/size`]: "1000",
};

test.each<[string, Case, string, string, RegExp, RegExp]>([
    [
        "a name that leads nowhere",
        { device: "dev/disk/by-id/usb-gone" },
        "not-found",
        "device",
        /does not exist/,
        /ls -l \/dev\/disk\/by-id/,
    ],
    ["a file", { device: "proc/swaps" }, "invalid", "device", /is a file/, /output/],
    ["a folder", { device: "dev/disk" }, "invalid", "device", /is a folder/, /by-id/],
    ["a way through a file", { device: "proc/swaps/x" }, "invalid", "device", /ENOTDIR/, /plug/],
    [
        "a node that no device is behind",
        { changes: { [`sys/dev/block/${number("sdb")}`]: { to: "sys/nowhere" } } },
        "not-found",
        "device",
        /knows no device 120:16/,
        /lsblk/,
    ],
    ["a partition", { device: `${STICK}-part1` }, "invalid", "device", /partition of sdb/, /without -partN/],
    [
        "an optical drive",
        { changes: { [`sys/${paths.stick}/device/type`]: "5" } },
        "unsupported",
        "device",
        /optical/,
        /xorriso/,
    ],
    [
        "a reader without a card",
        { changes: { [`sys/${paths.stick}/size`]: "0" } },
        "not-found",
        "device",
        /no medium/,
        /put the card/,
    ],

    [
        "a name that moves",
        { device: "dev/sdb" },
        "invalid",
        "device",
        /another device tomorrow/,
        /by-id\/usb-SanDisk_4C530001-0:0, or set burn\.serial: "4C530001"/,
    ],
    [
        "a name made of the content",
        { device: "dev/disk/by-label/DATA" },
        "invalid",
        "device",
        /another device tomorrow/,
        /by-id\/usb-SanDisk/,
    ],
    ["a lasting name left by ..", { device: "dev/disk/by-id/../../sdb" }, "invalid", "device", /tomorrow/, /by-id/],
    [
        "another serial number",
        { device: "dev/sdb", burn: { serial: "4C539999" } },
        "invalid",
        "serial",
        /4C530001, not 4C539999/,
        /lsblk/,
    ],
    [
        "another serial number under a lasting name",
        { burn: { serial: "4C539999" } },
        "invalid",
        "serial",
        /not 4C539999/,
        /lsblk/,
    ],
    [
        "a serial number of a device that tells none",
        { device: "dev/sdb", burn: { serial: "x" }, changes: { [`sys/${paths.usb}/serial`]: "" } },
        "invalid",
        "serial",
        /reports no serial/,
        /by-id/,
    ],
    [
        "a serial number that two slots share",
        { device: "dev/sdb", burn: { serial: "4C530001" }, changes: secondSlot },
        "invalid",
        "serial",
        /shares its serial number with sdc/,
        /by-id/,
    ],

    [
        "mounted itself",
        { changes: { "proc/self/mountinfo": mount("sdb", "/mnt") } },
        "in-use",
        "device",
        /is in use: sdb is mounted at \/mnt/,
        /umount \/mnt; then/,
    ],
    [
        "a partition mounted, with a blank in the path",
        { changes: { "proc/self/mountinfo": mount("sdb1", "/media/my\\040stick") } },
        "in-use",
        "device",
        /sdb1 is mounted at \/media\/my stick/,
        /umount \/media\/my stick/,
    ],
    [
        "mounted by a file system with a number of its own",
        { changes: { "proc/self/mountinfo": `36 1 0:45 / /mnt rw - btrfs /dev/sdb1 rw\n` } },
        "in-use",
        "device",
        /sdb1 is mounted at \/mnt/,
        /umount/,
    ],
    [
        "the running system",
        { device: DISK, changes: { "proc/self/mountinfo": mount("sda1", "/boot") + mount("sda2", "/") } },
        "in-use",
        "device",
        /holds the running system: sda1 is mounted at \/boot, sda2 is mounted at \//,
        /another device/,
    ],
    [
        "the running system on a volume",
        { device: DISK, changes: { ...lvm, "proc/self/mountinfo": mount("dm-0", "/") } },
        "in-use",
        "device",
        /running system: sda2 is held by dm-0 \(LVM vg-root\), dm-0 \(LVM vg-root\) on sda2 is mounted at \//,
        /another/,
    ],
    [
        "swap",
        { device: DISK, changes: { "proc/swaps": "Filename Type\n/dev/sda2 partition 1 0 -2\n" } },
        "in-use",
        "device",
        /running system: sda2 is swap/,
        /another/,
    ],
    [
        "a part of a RAID",
        {
            device: DISK,
            changes: { ...holder(`${paths.disk}/sda1`, "md0"), "sys/devices/virtual/block/md0/md/level": "raid1" },
        },
        "in-use",
        "device",
        /in use: sda1 is held by md0 \(RAID\)/,
        /mdadm --stop/,
    ],
    ["held itself", { changes: holder(paths.stick, "dm-0") }, "in-use", "device", /sdb is held by dm-0/, /stop dm-0/],

    ["read-only", { changes: { [`sys/${paths.stick}/ro`]: "1" } }, "permission", "device", /read-only/, /switch/],
    ["a fixed disk", { device: DISK }, "invalid", "allowFixed", /fixed disk/, /burn\.allowFixed: true/],
    [
        "a soldered USB disk",
        { changes: { [`sys/${paths.usb}/removable`]: "fixed" } },
        "invalid",
        "allowFixed",
        /fixed disk/,
        /allowFixed/,
    ],
    [
        "an eMMC",
        { device: CARD, changes: { [`sys/${paths.slot}/device/type`]: "MMC" } },
        "invalid",
        "allowFixed",
        /fixed disk/,
        /allowFixed/,
    ],
    [
        "one sector too small",
        { changes: { [`sys/${paths.stick}/size`]: String(IMAGE / 512 - 1) } },
        "no-space",
        "device",
        /has 629145088 bytes, and the image needs 629145600/,
        /larger/,
    ],
    [
        "too small for its own sectors",
        {
            size: IMAGE + 2048,
            changes: {
                [`sys/${paths.stick}/size`]: String(IMAGE / 512 + 4),
                [`sys/${paths.stick}/queue/logical_block_size`]: "4096",
            },
        },
        "no-space",
        "device",
        /needs 629149696/,
        /larger/,
    ],
])("refused: %s", async (_, input, code, property, message, hint) => {
    const error = await judge(input);
    expect(error).toMatchObject({
        name: "UnikernelError",
        code,
        property: `burn.${property}`,
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
    });
});

test.each<[string, Case]>([
    ["a stick by its id", {}],
    ["by its path", { device: "dev/disk/by-path/pci-0000:00:14.0-usb-0:1" }],
    [
        "a stick that calls itself removable, in a fixed reader",
        { changes: { [`sys/${paths.usb}/removable`]: "fixed", [`sys/${paths.stick}/removable`]: "1" } },
    ],
    ["an SD card, which never calls itself removable", { device: CARD }],
    ["a fixed disk that was allowed", { device: DISK, burn: { allowFixed: true } }],
    ["an image as large as the device", { size: 2 ** 30 }],
    [
        "beside a mounted other disk",
        {
            changes: {
                "proc/self/mountinfo": mount("sda2", "/"),
                "proc/swaps": "Filename\n/dev/sda1 partition\n/swapfile file\n",
            },
        },
    ],
    ["a name that moves, with the serial of the USB device", { device: "dev/sdb", burn: { serial: "4C530001" } }],
    [
        "with that of udev",
        {
            device: "dev/sdb",
            burn: { serial: "FROMUDEV" },
            changes: {
                [`udev/b${number("sdb")}`]:
                    "S:disk/by-id/x\nE:ID_SERIAL=SanDisk_FROMUDEV\nE:ID_SERIAL_SHORT=FROMUDEV\n",
            },
        },
    ],
    ["with that of the SCSI page", { device: "dev/sda", burn: { serial: "WD-A1", allowFixed: true } }],
    ["with the world-wide id", { device: "dev/sda", burn: { serial: "naa.5000c500", allowFixed: true } }],
    ["with that of a card", { device: "dev/mmcblk0", burn: { serial: "0x1234abcd" } }],
    [
        "two slots with one serial, by the id that tells them apart",
        { burn: { serial: "4C530001" }, changes: secondSlot },
    ],
])("taken: %s", async (_, input) => {
    expect(await judge(input)).toBeUndefined();
});

test.each<[string, Case]>([
    ["is not plugged in", { device: "dev/disk/by-id/usb-gone" }],
    ["has lost its medium", { changes: { [`sys/${paths.stick}/size`]: "0" } }],
    ["has given its name to another one", { device: "dev/sda", burn: { serial: "4C530001" } }],
    ["has only its node left", { changes: { [`sys/dev/block/${number("sdb")}`]: { to: "sys/nowhere" } } }],
])("refresh: absent, where the device %s", async (_, { device = STICK, changes, burn }) => {
    machine = new Machine(changes);
    const spec: BurnSpec = { device: machine.path(device), allowFixed: false, ...burn };
    expect(await compareDevice(machine.path("proc/swaps"), 30, spec, { roots: machine.roots })).toBe("absent");
});
