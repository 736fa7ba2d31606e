// The files of the packages that go into the guest, and their places in it.
import { execFileSync } from "node:child_process";
import {
    chmodSync,
    copyFileSync,
    cpSync,
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import path from "node:path";
import { hostedModules, machineModules, xenModules } from "./modules.mjs";

/** The commands that a shell script of a guest may use; the init itself needs the first two lines of them. */
const APPLETS = `sh command env echo printf read test [ sleep kill sync head hostname insmod ip mkdir mount umount
    poweroff udhcpc grep ln true false
    cat chmod cp cut date dd df dmesg expr find free id losetup ls lsmod md5sum mknod modprobe mv nc od ping ps pwd readlink
    reboot rm rmdir sed seq sha256sum sort stat tail tee timeout touch tr uname uptime vi wc wget which xargs`.split(
    /\s+/,
);

const FOLDERS = [
    "bin",
    "dev",
    "etc",
    "lib64",
    "proc",
    "run",
    "sbin",
    "sys",
    "tmp",
    "unikernel",
    "usr/sbin",
    "usr/lib",
    "var/lib/nginx",
    "var/log/nginx",
];

/**
 * The parts of each platform's guest: `kernel` is the Debian package whose dependency is the present kernel.
 * @typedef {{ kernel: string, modules: typeof machineModules, roots: string[] }} GuestParts
 * @type {Record<"kvm" | "xen" | "iso", GuestParts>}
 */
export const PLATFORMS = {
    kvm: { kernel: "linux-image-cloud-amd64", modules: hostedModules, roots: ["root"] },
    xen: { kernel: "linux-image-cloud-amd64", modules: xenModules, roots: ["root"] },
    iso: { kernel: "linux-image-amd64", modules: machineModules, roots: ["root", "machine"] },
};

/**
 * The kernel image of the unpacked packages; `release` says which one, where there are several.
 * @param {string} packages their folder
 */
export function kernelImage(packages, release = "") {
    const prefix = `vmlinuz-${release}`;
    const name = readdirSync(path.join(packages, "boot")).find((file) => file.startsWith(prefix));
    if (name === undefined) throw new Error(`found no ${prefix} in ${packages}/boot`);
    return path.join(packages, "boot", name);
}

/**
 * Fills `target` with a guest's files from the unpacked packages and from `here`, the folder of our own.
 * @param {string} packages
 * @param {Omit<GuestParts, "kernel"> & { release: string }} guest
 * @param {string} here
 * @param {string} target
 */
export function arrange(packages, { release, modules, roots }, here, target) {
    for (const folder of FOLDERS) mkdirSync(path.join(target, folder), { recursive: true });
    modules(packages, release, target);
    copyPrograms(packages, target);
    for (const root of roots) cpSync(path.join(here, root), target, { recursive: true });
    writeFileSync(path.join(target, "etc/resolv.conf"), "");
    for (const script of ["init", "lib/pulumi-unikernel/dhcp"]) chmodSync(path.join(target, script), 0o755);
}

/**
 * @param {string} packages
 * @param {string} target
 */
function copyPrograms(packages, target) {
    const busybox = firstOf(packages, ["bin/busybox", "usr/bin/busybox"]);
    copyFileSync(busybox, path.join(target, "bin/busybox"));
    const offered = new Set(execFileSync(busybox, ["--list"], { encoding: "utf8" }).split("\n"));
    for (const applet of APPLETS.filter((name) => offered.has(name)))
        symlinkSync("busybox", path.join(target, "bin", applet));
    // The kernel calls it by this path when a Xen host asks the guest to end.
    symlinkSync("../bin/busybox", path.join(target, "sbin/poweroff"));
    copyFileSync(path.join(packages, "usr/sbin/nginx"), path.join(target, "usr/sbin/nginx"));
    copyFileSync(loader(packages), path.join(target, "lib64/ld-linux-x86-64.so.2"));
    for (const library of sharedLibraries(packages, "usr/sbin/nginx")) {
        copyFileSync(library, path.join(target, "usr/lib", path.basename(library)));
    }
    mkdirSync(path.join(target, "etc/nginx"), { recursive: true });
    copyFileSync(path.join(packages, "etc/nginx/mime.types"), path.join(target, "etc/nginx/mime.types"));
}

/** @param {string} packages */
const loader = (packages) =>
    firstOf(
        packages,
        ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"].map((folder) => `${folder}/ld-linux-x86-64.so.2`),
    );

/**
 * The first that exists of some places in the unpacked packages.
 * @param {string} packages
 * @param {string[]} names
 */
function firstOf(packages, names) {
    const found = names.map((name) => path.join(packages, name)).find((file) => existsSync(file));
    if (found === undefined) throw new Error(`found none of ${names.join(", ")} in the packages`);
    return found;
}

/**
 * As the packages' own loader finds them, in the packages and nowhere else.
 * @param {string} packages
 * @param {string} program
 */
function sharedLibraries(packages, program) {
    const folders = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"].map((folder) => path.join(packages, folder));
    const args = ["--inhibit-cache", "--library-path", folders.join(":"), "--list", path.join(packages, program)];
    const listing = execFileSync(loader(packages), args, { encoding: "utf8" });
    const files = [...listing.matchAll(/ => (\S+)/g)]
        .map(([, file = ""]) => file)
        .filter((file) => !file.includes("ld-linux"));
    const foreign = files.find((file) => !file.startsWith(packages));
    if (foreign) throw new Error(`the packages of ${program} lack ${path.basename(foreign)}`);
    return files;
}

/**
 * The folder's own bytes without its documentation, for the name that a build is cached under.
 * @param {string} folder
 * @returns {[name: string, bytes: Uint8Array][]}
 */
export function sources(folder) {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith(".md"))
        .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
        .sort()
        .map((file) => [path.relative(folder, file), readFileSync(file)]);
}
