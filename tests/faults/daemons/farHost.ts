import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type LibvirtHost, startLibvirtHost } from "../../support/libvirtHost";
import { must } from "../../support/processes";
import { type Sshd, startSshd } from "../../support/sshd";

const FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
/** An hour ahead. Waits of the daemon are by the monotonic clock, which stays. */
const CLOCK = [`LD_PRELOAD=${FAKETIME}`, "FAKETIME=+1h", "FAKETIME_DONT_FAKE_MONOTONIC=1"];

/** A host that is reached by ssh, with a clock that is an hour ahead and a file system of its own for its guests. */
export class FarHost {
    private constructor(
        readonly host: LibvirtHost,
        readonly sshd: Sshd,
        private readonly folder: string,
    ) {}

    get uri(): string {
        return this.sshd.uri();
    }

    /** @param folder the guests' folder, under which this host has another file system than this machine */
    static async start(folder: string): Promise<FarHost> {
        if (!existsSync(FAKETIME)) throw new Error(`found no ${FAKETIME}; install the package faketime`);
        const host = await startLibvirtHost();
        await mountDisk(host, folder);
        await host.stopDaemon();
        host.daemonEnv = CLOCK;
        await host.startDaemon();
        // libvirt's helper on the far side looks for the daemon where it always is.
        await symlink(host.socket, join(host.folder, "run", "libvirt-sock"));
        const enter = host.enterInside.filter((word) => word !== "--net");
        const sshd = await startSshd({ enter, config: [`SetEnv ${CLOCK.join(" ")}`] });
        return new FarHost(host, sshd, folder);
    }

    /** Take all room on its disk until work has ended. */
    async full(work: Promise<unknown>): Promise<void> {
        const path = join(this.host.folder, "disk", "filler");
        const left = (await this.host.inside("df", "--output=avail", "-B1", this.folder)).trim().split("\n").at(-1)!;
        await this.host.inside("fallocate", "-l", left.trim(), path).catch(() => undefined);
        try {
            await work;
        } finally {
            await this.host.inside("rm", "-f", path);
        }
    }

    /** Let its disk take no write for two seconds of three, until work has ended. */
    async slow(work: Promise<unknown>): Promise<void> {
        let ended = false;
        const end = work.finally(() => (ended = true));
        while (!ended) {
            await this.host.inside("fsfreeze", "-f", this.folder);
            try {
                await sleep(2000);
            } finally {
                await this.host.inside("fsfreeze", "-u", this.folder);
            }
            await Promise.race([sleep(1000), end]);
        }
    }

    /** Unmount the guests' folder until work has ended. Guests that run keep their open files. */
    async unmounted(work: () => Promise<unknown>): Promise<void> {
        await this.host.inside("umount", "--lazy", this.folder);
        try {
            await work();
        } finally {
            await bind(this.host, "disk", this.folder);
        }
    }

    /** Cut all ssh connections, and accept none until work has ended. */
    async cut(work: Promise<unknown>): Promise<void> {
        await this.sshd.kill();
        await work;
        await this.sshd.start();
    }

    async close(): Promise<void> {
        await this.sshd.close();
        await this.host.close();
    }
}

/** Give a host a file system of its own. Where it is unmounted, the folder is there and empty. */
async function mountDisk(host: LibvirtHost, folder: string): Promise<void> {
    const image = join(host.folder, "disk.img");
    await must("truncate", ["-s", "2G", image]);
    await must("mkfs.ext4", ["-q", "-F", "-m", "0", image]);
    for (const name of ["disk", "unmounted"]) await mkdir(join(host.folder, name));
    const loop = (await must("losetup", ["--find", "--show", image])).trim();
    try {
        // Its /dev has no loop devices.
        const [, number = ""] = /(\d+)$/.exec(loop) ?? [];
        await host.inside("mknod", loop, "b", "7", number);
        await host.inside("mount", loop, join(host.folder, "disk"));
    } finally {
        // The device goes with the last that uses it.
        await must("losetup", ["--detach", loop]);
    }
    await host.inside("rmdir", join(host.folder, "disk", "lost+found"));
    for (const name of ["disk", "unmounted"]) {
        await host.inside("chmod", "711", join(host.folder, name));
        await bind(host, name, folder);
    }
}

const bind = (host: LibvirtHost, name: string, folder: string): Promise<string> =>
    host.inside("mount", "--bind", join(host.folder, name), folder);
