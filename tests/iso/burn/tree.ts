import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { Roots } from "../../../backends/iso/burn";

/** Major 120 is for local use (Documentation/admin-guide/devices.txt), so that no node made here leads to a real device. */
const MAJOR = 120;
const GIB = 2 ** 30 / 512;

/** Text of a file, or the target of a link. */
export type Entry = string | Buffer | { to: string };

/** sdb: a stick of 1 GiB with one partition; sda: a disk with two; as Linux and udev show them. */
const usb = "devices/pci0000:00/0000:00:14.0/usb2/2-1";
const stick = `${usb}/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb`;
const ata = "devices/pci0000:00/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0";
const disk = `${ata}/block/sda`;
const slot = "devices/pci0000:00/0000:00:1c.0/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0";
export const paths = { usb, stick, ata, disk, slot };

const numbers: Record<string, number> = {
    sda: 0,
    sda1: 1,
    sda2: 2,
    sdb: 16,
    sdb1: 17,
    mmcblk0: 32,
    "dm-0": 48,
    md0: 64,
};
export const number = (name: string): string => `${MAJOR}:${numbers[name]}`;

const whole = (folder: string, name: string, sectors: number): Record<string, Entry> => ({
    [`sys/${folder}/dev`]: number(name),
    [`sys/${folder}/size`]: String(sectors),
    [`sys/${folder}/ro`]: "0",
    [`sys/${folder}/removable`]: "0",
    [`sys/${folder}/queue/logical_block_size`]: "512",
    [`sys/${folder}/diskseq`]: String(numbers[name]),
    [`sys/block/${name}`]: { to: `sys/${folder}` },
    [`sys/dev/block/${number(name)}`]: { to: `sys/${folder}` },
});
const part = (folder: string, name: string): Record<string, Entry> => ({
    [`sys/${folder}/${name}/dev`]: number(name),
    [`sys/${folder}/${name}/partition`]: name.slice(-1),
    [`sys/${folder}/${name}/size`]: "2048",
    [`sys/dev/block/${number(name)}`]: { to: `sys/${folder}/${name}` },
});

const machine: Record<string, Entry> = {
    ...whole(stick, "sdb", GIB),
    ...part(stick, "sdb1"),
    [`sys/${stick}/device/type`]: "0",
    [`sys/${usb}/idVendor`]: "0781",
    [`sys/${usb}/serial`]: "4C530001",
    [`sys/${usb}/removable`]: "removable",
    ...whole(disk, "sda", 4 * GIB),
    ...part(disk, "sda1"),
    ...part(disk, "sda2"),
    [`sys/${disk}/device/type`]: "0",
    [`sys/${disk}/device/wwid`]: "naa.5000c500",
    [`sys/${disk}/device/vpd_pg80`]: Buffer.from([0, 0x80, 0, 8, ...Buffer.from("  WD-A1 ")]),
    ...whole(slot, "mmcblk0", GIB),
    [`sys/${slot}/device/type`]: "SD",
    [`sys/${slot}/device/serial`]: "0x1234abcd",
    "dev/disk/by-id/usb-SanDisk_4C530001-0:0": { to: "dev/sdb" },
    "dev/disk/by-id/usb-SanDisk_4C530001-0:0-part1": { to: "dev/sdb1" },
    "dev/disk/by-id/ata-WD-A1": { to: "dev/sda" },
    "dev/disk/by-id/mmc-SD32G": { to: "dev/mmcblk0" },
    "dev/disk/by-path/pci-0000:00:14.0-usb-0:1": { to: "dev/sdb" },
    "dev/disk/by-label/DATA": { to: "dev/sdb" },
    "proc/self/mountinfo": "",
    "proc/swaps": "Filename Type Size Used Priority\n",
};

/** A machine in a folder: /dev with real nodes, /sys and /proc as text. */
export class Machine {
    private readonly root = mkdtempSync(join(tmpdir(), "puk-burn-"));
    readonly roots: Roots = {
        dev: join(this.root, "dev"),
        sys: join(this.root, "sys"),
        proc: join(this.root, "proc"),
        udev: join(this.root, "udev"),
    };

    /** @param changes files and links in place of, or beside, those of the machine */
    constructor(changes: Record<string, Entry> = {}) {
        mkdirSync(this.roots.dev, { recursive: true });
        for (const [name, minor] of Object.entries(numbers))
            execFileSync("mknod", [join(this.roots.dev, name), "b", String(MAJOR), String(minor)]);
        for (const [path, entry] of Object.entries({ ...machine, ...changes })) {
            const file = join(this.root, path);
            mkdirSync(dirname(file), { recursive: true });
            rmSync(file, { force: true, recursive: true });
            if (typeof entry === "string" || Buffer.isBuffer(entry)) writeFileSync(file, entry);
            else symlinkSync(join(this.root, entry.to), file);
        }
    }

    /** `dev/sdb` → its path. */
    path(name: string): string {
        return join(this.root, name);
    }

    close(): void {
        rmSync(this.root, { recursive: true, force: true });
    }
}
