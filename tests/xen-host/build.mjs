#!/usr/bin/env node
// Builds the Xen host that tests boot in QEMU: `node tests/xen-host/build.mjs [--fresh]`.
import { spawnSync } from "node:child_process";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    statSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { buildKey } from "../../tools/nginx-guest/build.mjs";
import { kernelImage, sources } from "../../tools/nginx-guest/contents.mjs";
import { keepPackages, keptPackages } from "../../tools/nginx-guest/packages.mjs";
import { bootArchive, plainKernel } from "./kernel.mjs";
import { choosePackages, run, unpackPackages } from "./packages.mjs";
import { arrangeHost, installPackages, makeDisk } from "./rootfs.mjs";

const here = import.meta.dirname;

/** Debian packages that this machine needs to build and to run the host, and what for. */
export const PACKAGES = {
    mmdebstrap: "the Xen host's root file system",
    e2fsprogs: "the Xen host's disk",
    cpio: "the Xen host's initramfs",
    kmod: "depmod for the Xen host's kernel",
    "xz-utils": "the Xen host's kernel, unpacked",
    "openssh-client": "ssh to the Xen host",
    "util-linux": "setpriv, so that a Xen host ends with the process that started it",
    "qemu-system-x86": "the emulator that the Xen host runs in",
    "qemu-utils": "qemu-img, for the Xen host's saved state",
    "libvirt-clients": "virsh for the Xen host",
    gcc: "the tests' own kernels",
    "libxen-dev": "Xen's headers, for the test kernel of PV guests",
};

/** Of what a program of each package tells that it is there. */
const PROGRAMS = {
    mmdebstrap: "mmdebstrap",
    mke2fs: "e2fsprogs",
    cpio: "cpio",
    depmod: "kmod",
    xz: "xz-utils",
    "ssh-keygen": "openssh-client",
};

export const cacheFolder = () =>
    path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "pulumi-unikernel", "xen-host");

/** A build takes half a gigabyte: one that nothing has used for so many milliseconds goes when another is made. */
const KEPT = 3 * 24 * 3600 * 1000;

/** The name says what a build is made of, but for how it is booted: that names the saved states. */
const folderOf = (cache, packages) =>
    path.join(
        cache,
        buildKey(
            packages,
            sources(here).filter(([name]) => !/^(boot|qmp)\./.test(name)),
        ),
    );

/** Why no host can be built here, in a sentence; undefined when it can, or is built already. */
export function whyNoBuild({ cache = cacheFolder() } = {}) {
    const kept = keptPackages(cache);
    if (kept && existsSync(folderOf(cache, kept))) return undefined;
    if (os.arch() !== "x64") return "the Xen host is built for x86-64 only";
    if (spawnSync("apt-cache", ["--version"]).error)
        return "the Xen host is built from Debian's packages, and there is no apt here";
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
    const missing = Object.keys(PROGRAMS).filter((program) => spawnSync(program, ["--version"], { env }).error);
    if (missing.length > 0)
        return `building the Xen host needs the packages ${missing.map((program) => PROGRAMS[program]).join(", ")}`;
    return process.getuid() === 0 ? undefined : "building the Xen host needs root, to install packages into a folder";
}

/**
 * Builds the host, or finds it built.
 * @param {{ cache?: string, fresh?: boolean }} options `fresh` builds although it is there
 * @returns {{ folder: string, packages: string[], built: boolean }} the folder with `xen`, `vmlinux`, `initrd`, `dom0.ext4`, `key`, `key.pub`, `known_host`
 */
export function buildXenHost({ cache = cacheFolder(), fresh = false } = {}) {
    mkdirSync(cache, { recursive: true });
    const kept = fresh ? undefined : keptPackages(cache);
    if (kept && existsSync(folderOf(cache, kept)))
        return { folder: used(folderOf(cache, kept)), packages: kept, built: false };
    const scratch = mkdtempSync(path.join(cache, "build-"));
    try {
        const chosen = choosePackages(scratch);
        const folder = folderOf(cache, chosen.versions);
        const there = existsSync(folder) && !fresh;
        if (!there) {
            const reason = whyNoBuild({ cache });
            if (reason) throw new Error(reason);
            prune(cache);
            build(chosen, scratch, path.join(scratch, "result"));
            moveInto(path.join(scratch, "result"), folder, fresh);
        }
        keepPackages(cache, chosen.versions);
        return { folder: used(folder), packages: chosen.versions, built: !there };
    } finally {
        rmSync(scratch, { recursive: true, force: true });
    }
}

function used(folder) {
    utimesSync(folder, new Date(), new Date());
    return folder;
}

/** Also what builds that were killed left. */
function prune(cache) {
    const old = readdirSync(cache, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => path.join(cache, entry.name));
    for (const folder of old.filter((each) => Date.now() - statSync(each).mtimeMs > KEPT))
        rmSync(folder, { recursive: true, force: true });
}

function build(chosen, scratch, result) {
    const [packages, root] = ["packages", "root"].map((name) => path.join(scratch, name));
    mkdirSync(result);
    unpackPackages(chosen.unpacked, chosen.options, scratch, packages);
    const hypervisor = readdirSync(path.join(packages, "boot")).find((name) => /^xen-.*\.gz$/.test(name));
    writeFileSync(path.join(result, "xen"), gunzipSync(readFileSync(path.join(packages, "boot", hypervisor))));
    writeFileSync(path.join(result, "vmlinux"), plainKernel(readFileSync(kernelImage(packages))));
    run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "xen-host-test", "-f", path.join(result, "key")]);
    installPackages(chosen, root);
    const version = arrangeHost(packages, root, path.join(here, "dom0"), readFileSync(path.join(result, "key.pub")));
    writeFileSync(
        path.join(result, "known_host"),
        `xen-host ${readFileSync(path.join(root, "etc/ssh/ssh_host_ed25519_key.pub"), "utf8")}`,
    );
    writeFileSync(path.join(result, "initrd"), bootArchive(root, version, path.join(here, "initramfs"), scratch));
    makeDisk(root, path.join(result, "dom0.ext4"));
}

/** Where another run was faster, its build stays. */
function moveInto(result, folder, fresh) {
    if (fresh) rmSync(folder, { recursive: true, force: true });
    try {
        renameSync(result, folder);
    } catch (error) {
        if (!existsSync(folder)) throw error;
    }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
    const { values } = parseArgs({ options: { fresh: { type: "boolean", default: false } } });
    const { folder, packages, built } = buildXenHost(values);
    console.log(`${built ? "built" : "already built"} in ${folder} from:\n  ${packages.join("\n  ")}`);
}
