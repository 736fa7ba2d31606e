// dom0's disk: packages installed into a folder, our own files over them, and an ext4 file system of the whole.
import {
    appendFileSync,
    chmodSync,
    cpSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import path from "node:path";
import { copyModules } from "./kernel.mjs";
import { run } from "./packages.mjs";

/** The host's identity for libvirt, the same in every run. */
const HOST_UUID = "6a1d2e6c-7a0b-4c41-9d3e-0d1e5c0a7e50";
/** dom0's bridge and its address on it. */
const NETWORK = { bridge: "xenbr0", address: "10.0.2.15/24" };

/** Of Xen's hotplug scripts, those that ours stand for. */
const SCRIPTS = ["block", "vif-bridge"].map((name) => `etc/xen/scripts/${name}`);

const MODULES = [
    "virtio_net",
    "virtio_rng",
    "loop",
    "bridge",
    "xen-evtchn",
    "xen-gntdev",
    "xen-gntalloc",
    "xen-privcmd",
    "xenfs",
    "xen-blkback",
    "xen-netback",
    "tun",
];

const LIBVIRTD = [
    "listen_tls = 0",
    "listen_tcp = 1",
    'listen_addr = "0.0.0.0"',
    'auth_tcp = "none"',
    'auth_unix_rw = "none"',
    `host_uuid = "${HOST_UUID}"`,
];

/** Installs packages into a new folder. @param {{ installed: string[], sources: string, suite: string }} chosen */
export function installPackages({ installed, sources, suite }, root) {
    const leftOut = ["doc", "man", "info", "locale", "iso-codes", "i18n/locales"].map(
        (name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`,
    );
    run(
        "mmdebstrap",
        [
            "--quiet",
            "--variant=minbase",
            '--aptopt=APT::Install-Recommends "false"',
            '--aptopt=APT::Sandbox::User "root"',
            ...leftOut,
            `--include=${installed.join(",")}`,
            suite,
            root,
            "-",
        ],
        { input: sources, stdio: ["pipe", "pipe", "pipe"] },
    );
}

/** Makes a Xen host of the folder. Returns the kernel's version. */
export function arrangeHost(packages, root, ours, publicKey) {
    const own = (...names) => path.join(root, ...names);
    for (const script of SCRIPTS) renameSync(own(script), own(`${script}.stock`));
    cpSync(ours, root, { recursive: true });
    for (const script of [...SCRIPTS, "usr/lib/xen-host/start"]) chmodSync(own(script), 0o755);
    symlinkSync("/bin/busybox", own("usr/lib/xen-host/init"));
    writeFileSync(own("etc/hostname"), "xen-host\n");
    writeFileSync(own("usr/lib/xen-host/settings"), settings(root));
    authorise(root, publicKey);
    arrangeLibvirt(own);
    mkdirSync(own("var/lib/xen-host"), { recursive: true });
    return copyModules(packages, root);
}

function settings(root) {
    const xen = readdirSync(path.join(root, "usr/lib")).find((name) => /^xen-[\d.]+$/.test(name));
    const lines = {
        xen: `/usr/lib/${xen}/bin`,
        qemu: "/usr/libexec/xen-qemu-system-i386",
        hostname: "xen-host",
        bridge: NETWORK.bridge,
        address: NETWORK.address,
        modules: `'${MODULES.join(" ")}'`,
    };
    return Object.entries(lines)
        .map(([name, value]) => `${name}=${value}\n`)
        .join("");
}

function authorise(root, publicKey) {
    const folder = path.join(root, "root/.ssh");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(path.join(folder, "authorized_keys"), publicKey, { mode: 0o600 });
    for (const name of readdirSync(path.join(root, "etc/ssh")).filter((file) => file.startsWith("ssh_host_")))
        rmSync(path.join(root, "etc/ssh", name));
    run("ssh-keygen", [
        "-q",
        "-t",
        "ed25519",
        "-N",
        "",
        "-C",
        "xen-host",
        "-f",
        path.join(root, "etc/ssh/ssh_host_ed25519_key"),
    ]);
}

function arrangeLibvirt(own) {
    appendFileSync(own("etc/libvirt/libvirtd.conf"), `${LIBVIRTD.join("\n")}\n`);
    // No package has this folder, and git keeps no empty one.
    mkdirSync(own("etc/libvirt/storage/autostart"), { recursive: true });
    symlinkSync("/etc/libvirt/storage/default.xml", own("etc/libvirt/storage/autostart/default.xml"));
    // A network of libvirt's own would want dnsmasq and a firewall.
    rmSync(own("etc/libvirt/qemu/networks/autostart"), { recursive: true, force: true });
    const drivers = own("usr/lib/x86_64-linux-gnu/libvirt/connection-driver");
    for (const name of ["qemu", "lxc", "vbox"])
        rmSync(path.join(drivers, `libvirt_driver_${name}.so`), { force: true });
    // The emulated processor lacks these two under Xen; libxl then finds no model at all and libvirtd ends.
    const models = own("usr/share/libvirt/cpu_map");
    for (const name of readdirSync(models).filter((file) => /^x86_(qemu64|Opteron_G|EPYC)/.test(file))) {
        const text = readFileSync(path.join(models, name), "utf8");
        writeFileSync(path.join(models, name), text.replace(/^.*<feature name='(sep|vme)'\/>\n/gm, ""));
    }
}

/** Needs no mount; without a journal, which nothing here would ever replay. */
export function makeDisk(root, file) {
    run("mke2fs", ["-q", "-t", "ext4", "-O", "^has_journal,^metadata_csum", "-m", "0", "-d", root, file, "1G"]);
}
