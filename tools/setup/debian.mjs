// The distribution's packages that the package, its guest and its tests need.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { which } from "../engine.mjs";
import { run, SetupError } from "./steps.mjs";

/**
 * Debian's name of each, and what it is for.
 * @type {Record<string, string>}
 */
export const PACKAGES = {
    "qemu-system-x86": "the emulator that guests run in",
    "qemu-utils": "qemu-img, for qcow2 images",
    "libvirt-daemon": "libvirtd and virtlogd",
    "libvirt-daemon-system": "libvirt's configuration, users and default network",
    "libvirt-daemon-driver-qemu": "libvirt's QEMU driver",
    "libvirt-clients": "virsh and virt-xml-validate",
    "libxml2-utils": "xmllint, which virt-xml-validate runs",
    "dnsmasq-base": "DHCP on libvirt's networks",
    iptables: "libvirt's NAT networks",
    iproute2: "ip, for networks and the tests' namespaces",
    kmod: "modprobe, for bridges and taps",
    xorriso: "iso9660 images",
    e2fsprogs: "mke2fs and debugfs, for ext2 and ext4 images",
    "grub-common": "grub-mkimage, for media",
    "grub-pc-bin": "media that boot under BIOS",
    "grub-efi-amd64-bin": "media that boot under UEFI",
    mtools: "mformat and mcopy, for what UEFI boots from",
    ovmf: "UEFI for QEMU, to test media in",
    mount: "loop mounts in tests",
    faketime: "a host of the fault suite whose clock is off",
    cpio: "initramfs archives",
    "busybox-static": "the tests' DHCP client",
    curl: "pages of guests in the tests' own networks",
    procps: "ps, for tests of who runs what",
    "xz-utils": "kernel modules of newer distributions",
    gcc: "the tests' own kernels",
    "libc6-dev": "the tests' own kernels",
    "openssh-client": "guests' files on hosts that libvirt reaches over ssh",
    "openssh-server": "sshd, which tests run on 127.0.0.1 with keys of their own",
    "python3-venv": "the environment that the tests' Python programs run in",
    "ca-certificates": "downloads by https",
};

/** Of these packages, those that dpkg does not call installed. */
export function missingPackages(names = Object.keys(PACKAGES)) {
    const query = spawnSync("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status}\n", ...names], {
        encoding: "utf8",
    });
    const installed = new Set(
        (query.stdout ?? "")
            .split("\n")
            .filter((line) => line.endsWith(" installed"))
            .map((line) => line.split(" ")[0]),
    );
    return names.filter((name) => !installed.has(name));
}

/**
 * `name — what it is for`, one a line, for people on other systems.
 * @param {string[]} names
 */
export const describePackages = (names, packages = PACKAGES) =>
    names.map((name) => `  ${name} — ${packages[name] ?? "needed to build the engine"}`).join("\n");

/** Programs that stand for the packages where there is no dpkg. */
const PROGRAMS = {
    "qemu-system-x86": "qemu-system-x86_64",
    "qemu-utils": "qemu-img",
    "libvirt-daemon": "libvirtd",
    "libvirt-clients": "virsh",
    "libxml2-utils": "xmllint",
    "dnsmasq-base": "dnsmasq",
    iproute2: "ip",
    kmod: "modprobe",
    mtools: "mcopy",
    "openssh-client": "ssh",
    "openssh-server": "sshd",
    e2fsprogs: "mke2fs",
    "xz-utils": "xz",
    "python3-venv": "python3",
};

/**
 * Runs a program as root: by sudo, where this process is not root.
 * @param {string} program
 * @param {string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
function asRoot(program, args, options = {}) {
    return process.getuid?.() === 0 ? run(program, args, options) : run("sudo", [program, ...args], options);
}

/**
 * Installs packages; as root, else by sudo.
 * @param {string[]} names
 */
export async function install(names) {
    if (process.getuid?.() !== 0 && !which("sudo"))
        throw new SetupError(
            `Not root, and there is no sudo. As root: apt-get install --no-install-recommends ${names.join(" ")}`,
        );
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    /** @param {string[]} args */
    const apt = (...args) =>
        asRoot("apt-get", args, { env, title: `apt-get ${args.find((arg) => !arg.startsWith("-"))}` });
    // Debian starts the services that it installs: a package that is installed for its program alone must not open a port of this machine.
    if (names.includes("openssh-server") && existsSync("/run/systemd/system"))
        await asRoot("systemctl", ["mask", "ssh.service", "ssh.socket"]);
    await apt("update", "-qq");
    await apt("install", "-y", "-q", "--no-install-recommends", ...names);
}

/** The step: installs what is missing on Debian and its kin; elsewhere says what is missing, and stops. */
export async function ensurePackages() {
    if (!existsSync("/etc/debian_version") || !which("apt-get")) {
        const searchPath = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;
        const missing = Object.entries(PROGRAMS)
            .filter(([, program]) => !which(program, searchPath))
            .map(([name]) => name);
        if (!which("grub-mkimage", searchPath) && !which("grub2-mkimage", searchPath))
            missing.push("grub-common", "grub-pc-bin", "grub-efi-amd64-bin");
        for (const name of ["xorriso", "cpio", "gcc", "iptables"]) if (!which(name, searchPath)) missing.push(name);
        if (missing.length === 0) return "not a Debian, but every program is there";
        throw new SetupError(
            `This is not a Debian. Please install what these Debian packages hold:\n${describePackages(missing)}`,
        );
    }
    return installMissing(PACKAGES);
}

/** @param {Record<string, string>} packages the purpose of each */
export async function installMissing(packages) {
    const missing = missingPackages(Object.keys(packages));
    if (missing.length === 0) return `${Object.keys(packages).length} packages are there`;
    console.log(`    missing:\n${describePackages(missing, packages).replace(/^/gm, "    ")}`);
    await install(missing);
    return `installed ${missing.join(", ")}`;
}
