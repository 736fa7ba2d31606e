// What boots before dom0's disk is there: the plain kernel, its modules, and an initramfs that mounts the disk.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { initramfs } from "../../tools/nginx-guest/archive.mjs";
import { run } from "./packages.mjs";

/** For the disk that dom0 lives on. */
const BOOT_MODULES = ["virtio_pci", "virtio_blk", "crc32c_generic", "ext4"];
/** The kernel loads them by itself, for the rules that libvirt makes for a network. */
const FIREWALL_MODULES = [
    "nft_compat",
    "nft_chain_nat",
    "nft_reject_inet",
    "xt_MASQUERADE",
    "xt_CHECKSUM",
    "xt_conntrack",
    "xt_tcpudp",
    "ipt_REJECT",
    "ip6t_REJECT",
];
/** What dom0's start loads, and what tests may ask for. */
const HOST_MODULES = [
    ...BOOT_MODULES,
    "virtio_net",
    "virtio_rng",
    "loop",
    "bridge",
    "tun",
    "xen-evtchn",
    "xen-gntdev",
    "xen-gntalloc",
    "xen-privcmd",
    "xenfs",
    "xen-blkback",
    "xen-netback",
    "isofs",
    ...FIREWALL_MODULES,
];

/** By the first bytes of the packed kernel in a bzImage. */
const UNPACKERS = { "1f8b": ["gzip", "-dc"], fd37: ["xz", "-dc"] };

/**
 * The kernel without its own unpacker, which costs Xen's domain builder seconds under emulation. Offsets:
 * Documentation/arch/x86/boot.rst (setup_sects, payload_offset, payload_length).
 */
export function plainKernel(bzImage) {
    const start = ((bzImage.readUInt8(0x1f1) || 4) + 1) * 512 + bzImage.readUInt32LE(0x248);
    // The payload's last four bytes are the unpacked size, which unpackers would call garbage.
    const packed = bzImage.subarray(start, start + bzImage.readUInt32LE(0x24c) - 4);
    const unpacker = UNPACKERS[packed.toString("hex", 0, 2)];
    if (!unpacker) throw new Error(`the kernel is packed in a way that begins with ${packed.toString("hex", 0, 4)}`);
    return execFileSync(unpacker[0], unpacker.slice(1), {
        input: packed,
        maxBuffer: 1 << 30,
        stdio: ["pipe", "pipe", "pipe"],
    });
}

/** Copies the modules with those that they need into the tree of dom0; returns the kernel's version. */
export function copyModules(packages, root) {
    const [version] = readdirSync(path.join(packages, "lib/modules"));
    const [from, to] = [packages, root].map((folder) => path.join(folder, "lib/modules", version));
    run("depmod", ["-b", packages, version]);
    for (const file of needed(from, HOST_MODULES)) {
        mkdirSync(path.dirname(path.join(to, file)), { recursive: true });
        copyFileSync(path.join(from, file), path.join(to, file));
    }
    for (const file of ["modules.order", "modules.builtin", "modules.builtin.modinfo"])
        copyFileSync(path.join(from, file), path.join(to, file));
    run("depmod", ["-b", root, version]);
    return version;
}

/** Files of modules, those that are needed first. */
function needed(folder, names) {
    const lines = readFileSync(path.join(folder, "modules.dep"), "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => line.split(": "));
    const files = new Map(
        lines.map(([file, below = ""]) => [
            moduleName(file.replace(/:$/, "")),
            { file: file.replace(/:$/, ""), below: below.split(" ").filter(Boolean) },
        ]),
    );
    // What is built into the kernel has no file.
    const found = names
        .map(moduleName)
        .filter((name) => files.has(name))
        .flatMap((name) => [...files.get(name).below].reverse().concat(files.get(name).file));
    return [...new Set(found)];
}

const moduleName = (file) =>
    path
        .basename(file)
        .replace(/\.ko(\.\w+)?$/, "")
        .replaceAll("-", "_");

/** Loads the modules for the disk and goes on from there. */
export function bootArchive(root, version, ours, scratch) {
    const tree = path.join(scratch, "initramfs");
    for (const folder of ["bin", "dev", "lib", "proc", "root", "sys"])
        mkdirSync(path.join(tree, folder), { recursive: true });
    copyFileSync(path.join(root, "bin/busybox"), path.join(tree, "bin/busybox"));
    cpSync(ours, tree, { recursive: true });
    chmodSync(path.join(tree, "init"), 0o755);
    const folder = path.join(root, "lib/modules", version);
    const order = needed(folder, BOOT_MODULES).map((file) => {
        const name = path.basename(file);
        copyFileSync(path.join(folder, file), path.join(tree, "lib", name));
        return name;
    });
    writeFileSync(path.join(tree, "lib/order"), order.map((name) => `${name}\n`).join(""));
    return initramfs(tree);
}
