import { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, readlinkSync } from "node:fs";
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { capture, signalQuietly, until } from "./processes";

/** Names of namespaces and folders: this, the pid of the process that made them, and random letters. */
export const prefix = "puk-test-";

/** Where libvirtd looks, and what it sees there instead: two hosts never share a file. */
export const privateFolders: Record<string, string> = {
    run: "/run/libvirt",
    lib: "/var/lib/libvirt",
    etc: "/etc/libvirt",
    cache: "/var/cache/libvirt",
    log: "/var/log/libvirt",
};
/** Probing QEMU takes libvirtd ten seconds; it keeps (and itself validates) the result in files that every host may start from. */
const probed = join(
    process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
    "pulumi-unikernel-tests",
    "qemu-capabilities",
);

export interface LibvirtHostOptions {
    /** Mode of the daemon's socket; "0777" lets an unprivileged test process in. @default "0700" */
    socketMode?: string;
    /** Lets the daemon see the machine's /dev/kvm. @default false: tests emulate, and what a probe of KVM says differs by machine */
    kvm?: boolean;
    /** Also listens on 127.0.0.1:16509 of its own network, for `qemu+tcp://127.0.0.1/system` from inside. @default false */
    tcp?: boolean;
    /** Further lines of libvirtd.conf. */
    libvirtdConf?: string[];
    /** Further lines of qemu.conf. DAC security stays as the distribution sets it. */
    qemuConf?: string[];
}

export async function prepareFolder(folder: string, uuid: string, options: LibvirtHostOptions): Promise<void> {
    for (const name of [...Object.keys(privateFolders), "sock", "empty", "dev", "guests"])
        await mkdir(join(folder, name), { recursive: true });
    chmodSync(join(folder, "guests"), 0o711);
    await cp("/etc/libvirt", join(folder, "etc"), {
        recursive: true,
        filter: (path) => !path.startsWith("/etc/libvirt/qemu/"),
    });
    const append = async (file: string, lines: string[]) =>
        writeFile(join(folder, "etc", file), `${lines.join("\n")}\n`, { flag: "a" });
    await append("libvirtd.conf", [
        `unix_sock_dir = "${join(folder, "sock")}"`,
        `auth_unix_rw = "none"`,
        `auth_unix_ro = "none"`,
        `unix_sock_rw_perms = "${options.socketMode ?? "0700"}"`,
        `host_uuid = "${uuid}"`,
        ...(options.tcp ? ["listen_tls = 0", "listen_tcp = 1", 'auth_tcp = "none"', 'listen_addr = "127.0.0.1"'] : []),
        ...(options.libvirtdConf ?? []),
    ]);
    // Control groups are the machine's, and named after the guest: those of two hosts would be one.
    await append("qemu.conf", ["cgroup_controllers = []", ...(options.qemuConf ?? [])]);
    if (existsSync(probed)) await cp(probed, join(folder, "cache", "qemu", "capabilities"), { recursive: true });
}

/**
 * A /dev without kvm. libvirtd probes QEMU anew for every call when /dev/kvm is there and the qemu user may not open it.
 * (Not a mount over /dev/kvm: libvirt moves the mounts below /dev into each guest's namespace.)
 */
export async function hideKvm(
    folder: string,
    inside: (file: string, ...args: string[]) => Promise<unknown>,
): Promise<void> {
    const dev = join(folder, "dev");
    await inside("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", dev);
    const nodes = [
        "null",
        "zero",
        "full",
        "random",
        "urandom",
        "tty",
        "ptmx",
        "net",
        "vhost-net",
        "fd",
        "stdin",
        "stdout",
        "stderr",
    ];
    await inside("cp", "-a", ...nodes.map((name) => `/dev/${name}`).filter((path) => existsSync(path)), dev);
    for (const name of ["pts", "shm"]) {
        await inside("mkdir", join(dev, name));
        await inside("mount", "--rbind", `/dev/${name}`, join(dev, name));
    }
    // Not merely covered: libvirt goes by /proc/mounts, where the old ones would still stand.
    await inside("umount", "--recursive", "--lazy", "/dev");
    await inside("mount", "--move", dev, "/dev");
}

/** Keeps the namespaces while the daemons are stopped. */
export async function startHolder(netns: string): Promise<number> {
    const child = spawn(
        "nsenter",
        [`--net=/run/netns/${netns}`, "unshare", "--mount", "--propagation", "private", "sleep", "infinity"],
        { stdio: "ignore", detached: true },
    );
    child.unref();
    const pid = child.pid!;
    const mine = readlinkSync("/proc/self/ns/mnt");
    await until(
        () => readFileSync(`/proc/${pid}/comm`, "utf8") === "sleep\n" && readlinkSync(`/proc/${pid}/ns/mnt`) !== mine,
    );
    return pid;
}

export function hasProbes(): boolean {
    return existsSync(probed);
}

/** Several hosts save at once: whole files under their names, or none. */
export async function saveProbes(folder: string): Promise<void> {
    const own = join(folder, "cache", "qemu", "capabilities");
    await mkdir(probed, { recursive: true });
    for (const name of existsSync(own) ? await readdir(own) : []) {
        const [from, to] = [join(own, name), join(probed, name)];
        if (existsSync(to) && (await readFile(from)).equals(await readFile(to))) continue;
        await copyFile(from, `${to}.${process.pid}`);
        await rename(`${to}.${process.pid}`, to);
    }
}

/** Removes what runs that were killed left: their hosts' names carry the pid of a process that is gone. */
export async function sweepLibvirtHosts(): Promise<void> {
    const names = new Set<string>();
    for (const place of ["/run/netns", tmpdir()]) {
        for (const name of existsSync(place) ? await readdir(place) : []) if (name.startsWith(prefix)) names.add(name);
    }
    for (const name of names) {
        const pid = Number(name.slice(prefix.length).split("-")[0]);
        if (pid > 0 && !lives(pid)) await remove(name, join(tmpdir(), name));
    }
}

/** Ends all that runs in the namespace. */
export async function remove(netns: string, folder: string): Promise<void> {
    if (existsSync(join("/run/netns", netns))) {
        await until(async () => {
            const pids = (await capture("ip", ["netns", "pids", netns])).stdout
                .split("\n")
                .map(Number)
                .filter((pid) => pid > 0 && pid !== process.pid);
            for (const pid of pids) signalQuietly(pid, "SIGKILL");
            return pids.length === 0;
        });
        await capture("ip", ["netns", "del", netns]);
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** A process, not a thread of another: both have a folder in /proc. */
function lives(pid: number): boolean {
    return existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/status`, "utf8").includes(`\nTgid:\t${pid}\n`);
}
