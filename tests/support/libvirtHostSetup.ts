import { spawn } from "node:child_process";
import { chmodSync, existsSync, readFileSync, readlinkSync } from "node:fs";
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

import { capture, signalQuietly, until } from "./processes";

/** Prefix of the names of namespaces and folders; the pid of the process that made them and random letters follow. */
export const prefix = "puk-test-";

/** libvirtd's folders, which are private to each host: folder of the host → path that the daemon sees. */
export const privateFolders: Record<string, string> = {
    run: "/run/libvirt",
    lib: "/var/lib/libvirt",
    etc: "/etc/libvirt",
    cache: "/var/cache/libvirt",
    log: "/var/log/libvirt",
};
/**
 * Probing QEMU takes libvirtd ten seconds. It stores (and validates) the result in these files, from which every host
 * may start.
 */
const probed = join(
    process.env.XDG_CACHE_HOME || join(homedir(), ".cache"),
    "pulumi-unikernel-tests",
    "qemu-capabilities",
);

export interface LibvirtHostOptions {
    /** Mode of the daemon's socket; "0777" admits an unprivileged test process. @default "0700" */
    socketMode?: string;
    /**
     * Let the daemon see the machine's /dev/kvm. @default false: tests emulate, because the result of a KVM probe
     * differs by machine
     */
    kvm?: boolean;
    /**
     * Also listen on 127.0.0.1:16509 of the host's own network, for `qemu+tcp://127.0.0.1/system` from inside. @default
     * false
     */
    tcp?: boolean;
    /** Further lines of libvirtd.conf. */
    libvirtdConf?: string[];
    /** Further lines of qemu.conf. DAC security stays as in the distribution. */
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
    // Control groups are shared with the machine and named after the guest, so two hosts would share one.
    await append("qemu.conf", ["cgroup_controllers = []", ...(options.qemuConf ?? [])]);
    if (existsSync(probed)) await cp(probed, join(folder, "cache", "qemu", "capabilities"), { recursive: true });
}

/**
 * Create a /dev without kvm. When /dev/kvm exists and the qemu user may not open it, libvirtd probes QEMU again for
 * every call. (Not a mount over /dev/kvm: libvirt moves the mounts below /dev into each guest's namespace.)
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
    // Unmounted, not merely covered: libvirt reads /proc/mounts, which would still list the old ones.
    await inside("umount", "--recursive", "--lazy", "/dev");
    await inside("mount", "--move", dev, "/dev");
}

/** Start a process that keeps the namespaces while the daemons are stopped. */
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

/** Save the probes. Several hosts may save at once, so files are renamed into place. */
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

/** Remove what killed runs left: hosts whose names have the pid of a process that has ended. */
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

/** End all processes in the namespace and remove it. */
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

/** Return whether a process runs with this pid; /proc has folders for threads too. */
function lives(pid: number): boolean {
    return existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/status`, "utf8").includes(`\nTgid:\t${pid}\n`);
}
