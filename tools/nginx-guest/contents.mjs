// What of the packages goes into the guest, and where.
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

/** What a shell script of a guest may want; the init itself needs the first two lines of them. */
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

/** What each platform's guest is made of: `kernel` is the Debian package whose dependency is the kernel of the day. */
export const PLATFORMS = {
    kvm: { kernel: "linux-image-cloud-amd64", modules: hostedModules, roots: ["root"] },
    xen: { kernel: "linux-image-cloud-amd64", modules: xenModules, roots: ["root"] },
    iso: { kernel: "linux-image-amd64", modules: machineModules, roots: ["root", "machine"] },
};

/** The kernel image of the unpacked packages; `release` says which one, where there are several. */
export function kernelImage(packages, release = "") {
    const name = readdirSync(path.join(packages, "boot")).find((file) => file.startsWith(`vmlinuz-${release}`));
    return path.join(packages, "boot", name);
}

/** Fills `target` with a guest's files from the unpacked packages and from `here`, the folder of our own. */
export function arrange(packages, { release, modules, roots }, here, target) {
    for (const folder of FOLDERS) mkdirSync(path.join(target, folder), { recursive: true });
    modules(packages, release, target);
    copyPrograms(packages, target);
    for (const root of roots) cpSync(path.join(here, root), target, { recursive: true });
    writeFileSync(path.join(target, "etc/resolv.conf"), "");
    for (const script of ["init", "lib/pulumi-unikernel/dhcp"]) chmodSync(path.join(target, script), 0o755);
}

function copyPrograms(packages, target) {
    const busybox = ["bin/busybox", "usr/bin/busybox"]
        .map((file) => path.join(packages, file))
        .find((file) => existsSync(file));
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

const loader = (packages) =>
    ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"]
        .map((folder) => path.join(packages, folder, "ld-linux-x86-64.so.2"))
        .find((file) => existsSync(file));

/** As the packages' own loader finds them, in the packages and nowhere else. */
function sharedLibraries(packages, program) {
    const folders = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"].map((folder) => path.join(packages, folder));
    const args = ["--inhibit-cache", "--library-path", folders.join(":"), "--list", path.join(packages, program)];
    const listing = execFileSync(loader(packages), args, { encoding: "utf8" });
    const files = [...listing.matchAll(/ => (\S+)/g)]
        .map(([, file]) => file)
        .filter((file) => !file.includes("ld-linux"));
    const foreign = files.find((file) => !file.startsWith(packages));
    if (foreign) throw new Error(`the packages of ${program} lack ${path.basename(foreign)}`);
    return files;
}

/** The folder's own bytes but its documentation, for the name that a build is cached under. */
export function sources(folder) {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith(".md"))
        .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
        .sort()
        .map((file) => [path.relative(folder, file), readFileSync(file)]);
}
