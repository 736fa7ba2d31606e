// The kernel modules that go into an initramfs, and the files in which its init looks them up.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";

/** The init of a guest on a host loads these by name, where the host gave it such a device. */
const HOSTED = [
    "virtio_pci",
    "virtio_net",
    "virtio_blk",
    "virtio_rng",
    "isofs",
    "button",
    "evdev",
    "pvpanic_mmio",
    "xen_netfront",
    "xen_blkfront",
];

/** Of these, what a Xen guest can have: it has no PCI, no virtio, and is asked to end through xenstore. */
const XEN = ["xen_netfront", "xen_blkfront", "isofs"];

/** The usual hardware of real machines, and of the virtual ones that boot from a medium. Cards that do nothing without firmware (bnx2) are left out. */
const MACHINE = [
    "e1000",
    "e1000e",
    "igb",
    "igc",
    "ixgbe",
    "r8169",
    "realtek",
    "tg3",
    "broadcom",
    "virtio_net",
    "vmxnet3",
    "xen_netfront",
    "ahci",
    "ata_piix",
    "nvme",
    "sd_mod",
    "sr_mod",
    "virtio_blk",
    "virtio_scsi",
    "xen_blkfront",
    "xhci_pci",
    "ehci_pci",
    "uhci_hcd",
    "ohci_pci",
    "usb_storage",
    "uas",
    "virtio_pci",
    "virtio_rng",
    "loop",
    "isofs",
    "ext4",
    "crc32c_generic",
    "crc32c_intel",
    "button",
    "evdev",
    "pvpanic_mmio",
    "pvpanic_pci",
];

/**
 * For any host.
 * @type {typeof machineModules}
 */
export const hostedModules = (packages, release, target) => orderedModules(packages, release, target, HOSTED);

/**
 * For a Xen host alone.
 * @type {typeof machineModules}
 */
export const xenModules = (packages, release, target) => orderedModules(packages, release, target, XEN);

/**
 * Each wanted module with those that it needs, and NAME.order for all that the init may ask for: the modules to load for NAME, in
 * order. One short file is quick to read on an emulated processor.
 * @param {string} packages
 * @param {string} release
 * @param {string} target
 * @param {string[]} wanted
 */
function orderedModules(packages, release, target, wanted) {
    const folder = path.join(target, "lib/modules");
    const { copied, order } = copyModules(packages, release, wanted, folder);
    for (const name of HOSTED) {
        const names = copied.has(name) ? order(name) : [];
        writeFileSync(path.join(folder, `${name}.order`), names.map((line) => `${line}\n`).join(""));
    }
}

/**
 * For a machine: the modules with modules.dep and modules.alias, as modprobe(8) reads them, of these modules alone.
 * @param {string} packages
 * @param {string} release
 * @param {string} target
 */
export function machineModules(packages, release, target) {
    const folder = path.join(target, "lib/modules", release);
    const { copied, order } = copyModules(packages, release, MACHINE, folder);
    const modules = [...copied].sort(([one], [other]) => (one < other ? -1 : 1));
    const names = modules.map(([name]) => name);
    /** @param {string} name */
    const file = (name) => `${name}.ko`;
    const dependencies = names.map((name) =>
        `${file(name)}: ${order(name).slice(0, -1).reverse().map(file).join(" ")}`.trimEnd(),
    );
    const aliases = modules.flatMap(([name, module]) =>
        information(module, "alias").map((alias) => `alias ${alias} ${name}`),
    );
    for (const [table, lines] of Object.entries({
        "modules.dep": dependencies,
        "modules.alias": aliases,
        "modules.symbols": [],
    })) {
        writeFileSync(path.join(folder, table), lines.map((line) => `${line}\n`).join(""));
    }
    // The kernel calls it by this path for a module that it misses: the file system of a mount, say.
    symlinkSync("../bin/busybox", path.join(target, "sbin/modprobe"));
}

/**
 * Copies modules and those that they need. `copied`: name → bytes; `order`: the modules to load for one, itself last.
 * @param {string} packages
 * @param {string} release
 * @param {string[]} wanted
 * @param {string} folder
 */
function copyModules(packages, release, wanted, folder) {
    const available = moduleFiles(packages, release);
    /** @type {Map<string, Buffer>} */
    const copied = new Map();
    mkdirSync(folder, { recursive: true });
    /** @param {string} name */
    const copy = (name) => {
        const file = available.get(name);
        // A kernel that has it built in has no file.
        if (copied.has(name) || file === undefined) return;
        const module = plainModule(file);
        copied.set(name, module);
        writeFileSync(path.join(folder, `${name}.ko`), module);
        needs(module).forEach(copy);
    };
    wanted.forEach(copy);
    /** @type {(name: string) => string[]} */
    const order = (name) => {
        const module = copied.get(name);
        return module ? [...new Set([...needs(module).flatMap(order), name])] : [];
    };
    return { copied, order };
}

/**
 * Module name → file.
 * @param {string} packages
 * @param {string} release
 */
function moduleFiles(packages, release) {
    const folder = ["lib/modules", "usr/lib/modules"]
        .map((name) => path.join(packages, name, release))
        .find((name) => existsSync(name));
    if (folder === undefined) throw new Error(`found no modules of ${release} in ${packages}`);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => path.join(folder, name));
    return new Map(
        files
            .filter((file) => /\.ko(\.xz)?$/.test(file))
            .map((file) => [plainName(path.basename(file).replace(/\.ko(\.xz)?$/, "")), file]),
    );
}

/**
 * Debian 13 compresses them; inside a compressed initramfs that only costs time.
 * @param {string} file
 */
const plainModule = (file) =>
    file.endsWith(".xz") ? execFileSync("xz", ["-dc", file], { maxBuffer: 64 << 20 }) : readFileSync(file);

/**
 * The modules that must be loaded first: because of their symbols, or since it does less without them (a card without its PHY's driver).
 * @param {Buffer} module
 */
function needs(module) {
    const before = information(module, "softdep").flatMap(
        (text) => /\bpre: ([^:]*)(?: post:|$)/.exec(text)?.[1]?.split(" ") ?? [],
    );
    return [...information(module, "depends").flatMap((text) => text.split(",")), ...before]
        .filter(Boolean)
        .map(plainName);
}

/**
 * The values of a key in a module's .modinfo section.
 * @param {Buffer} module
 * @param {string} key
 */
function information(module, key) {
    return [...module.toString("latin1").matchAll(new RegExp(`(?<=\\0)${key}=([^\\0]*)(?=\\0)`, "g"))].map(
        ([, value = ""]) => value,
    );
}

/** @param {string} name */
const plainName = (name) => name.replaceAll("-", "_");
