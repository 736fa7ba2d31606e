import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isRemovable } from "../../../backends/iso/burn/removable";
import { serialsOf } from "../../../backends/iso/burn/serial";
import { usesOf } from "../../../backends/iso/burn/uses";
import { survives } from "./survives";

const root = mkdtempSync(join(tmpdir(), "puk-fuzz-device-"));
afterAll(() => rmSync(root, { recursive: true }));
const roots = { dev: join(root, "dev"), sys: join(root, "sys"), proc: join(root, "proc"), udev: join(root, "udev") };
const stick = join(roots.sys, "devices/usb1/1-1/host0/block/sdb");

/** A stick with a partition that device-mapper holds, as the kernel's files tell of it (Documentation/ABI/stable/sysfs-block). */
const files: Record<string, string> = {
    "sys/devices/usb1/1-1/idVendor": "0781\n",
    "sys/devices/usb1/1-1/serial": "4C530001\n",
    "sys/devices/usb1/1-1/removable": "removable\n",
    [`${stick.slice(root.length + 1)}/dev`]: "8:16\n",
    [`${stick.slice(root.length + 1)}/removable`]: "1\n",
    [`${stick.slice(root.length + 1)}/wwid`]: "t10.ATA     QEMU HARDDISK\n",
    [`${stick.slice(root.length + 1)}/device/type`]: "0\n",
    [`${stick.slice(root.length + 1)}/device/vpd_pg80`]: "\0\x80\0\x08 4C53000",
    [`${stick.slice(root.length + 1)}/sdb1/partition`]: "1\n",
    [`${stick.slice(root.length + 1)}/sdb1/dev`]: "8:17\n",
    "sys/block/dm-0/dev": "253:0\n",
    "sys/block/dm-0/dm/uuid": "LVM-abc\n",
    "sys/block/dm-0/dm/name": "vg-root\n",
    "udev/b8:16": "S:disk/by-id/usb-x\nE:ID_SERIAL_SHORT=4C530001\nE:ID_SCSI_SERIAL=x\n",
    "proc/self/mountinfo":
        "22 1 8:17 / /media/a\\040b rw,relatime shared:1 - ext4 /dev/sdb1 rw\n23 1 0:5 / / rw - btrfs /dev/mapper/vg rw\n",
    "proc/swaps": "Filename\tType\tSize\tUsed\tPriority\n/dev/sdb1\\040(deleted) partition 1 0 -2\n",
};
for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, "latin1");
}
mkdirSync(join(stick, "sdb1/holders"));
mkdirSync(roots.dev);
symlinkSync(join(roots.sys, "block/dm-0"), join(stick, "sdb1/holders/dm-0"));

describe.each(Object.keys(files))("%s", (path) => {
    survives("of a device", {
        samples: [Buffer.from(files[path]!, "latin1")],
        tokens: ["E:ID_SERIAL_SHORT=", " - ", "/dev/", "\\040", "\\000", "\\777", "8:17", "0:1 "],
        limit: 16_384,
        share: Object.keys(files).length,
        parse: async (bytes) => {
            writeFileSync(join(root, path), bytes);
            try {
                await isRemovable(stick);
                expect(
                    (await serialsOf(stick, "8:16", roots)).every((serial) => serial.length <= bytes.length + 64),
                ).toBe(true);
                await usesOf(stick, roots);
            } finally {
                writeFileSync(join(root, path), files[path]!, "latin1");
            }
        },
    });
});
