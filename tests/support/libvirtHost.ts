import { randomUUID } from "node:crypto";
import { chmodSync, existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

import {
    hasProbes,
    hideKvm,
    type LibvirtHostOptions,
    prefix,
    prepareFolder,
    privateFolders,
    remove,
    saveProbes,
    startHolder,
    sweepLibvirtHosts,
} from "./libvirtHostSetup";
import { networkXml, type TestNetwork, type TestNetworkOptions } from "./libvirtNetwork";
import { capture, type ExecOptions, type ExecResult, endProcess, must } from "./processes";

export { sweepLibvirtHosts } from "./libvirtHostSetup";

/**
 * A private libvirt host: libvirtd and virtlogd in their own network and mount namespaces, QEMU under DAC security as
 * the distribution's user. Needs root.
 */
export class LibvirtHost {
    readonly uri: string;
    readonly socket: string;
    /**
     * Prefix that runs a command in the host's network: `[...enter, "pulumi", "up"]`. It sees the machine's own files.
     */
    readonly enter: string[];
    /** Environment for processes that use this host: each host has its own folder of boot files. */
    readonly env: { PULUMI_UNIKERNEL_DIR: string };
    /** Variables of the daemon from its next start, as `NAME=value`. */
    daemonEnv: string[] = [];
    private bridges = 0;

    constructor(
        readonly netns: string,
        readonly folder: string,
        readonly uuid: string,
        private readonly holder: number,
        private readonly tcp: boolean,
    ) {
        this.socket = join(folder, "sock", "libvirt-sock");
        this.uri = `qemu+unix:///system?socket=${this.socket}`;
        this.enter = ["nsenter", `--net=/run/netns/${netns}`];
        this.env = { PULUMI_UNIKERNEL_DIR: join(folder, "guests") };
    }

    /** Run a program in the host's network. A non-zero exit code is a result, not an error. */
    exec(file: string, args: string[], options: ExecOptions = {}): Promise<ExecResult> {
        return capture(this.enter[0]!, [...this.enter.slice(1), file, ...args], options);
    }

    /** Run virsh on this host, as a view independent of the tested code. Throws when it fails. */
    async virsh(...args: string[]): Promise<string> {
        return (await must("virsh", ["-q", "-c", this.uri, ...args])).trim();
    }

    /**
     * Return the pid of a guest's QEMU, "" when none runs; a restart gives another one. Read from the daemon's own
     * record, because hosts of other tests may run guests of the same name.
     */
    async guestProcess(name: string): Promise<string> {
        try {
            const pid = (await readFile(join(this.folder, "run", "qemu", `${name}.pid`), "utf8")).trim();
            return existsSync(`/proc/${pid}`) ? pid : "";
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
            throw error;
        }
    }

    /** Return the MiB of the host, by virsh. */
    async memory(): Promise<number> {
        const [, kib] = /^total\s*:\s*(\d+) KiB$/m.exec(await this.virsh("nodememstats")) ?? [];
        if (kib === undefined) throw new Error("virsh nodememstats names no total");
        return Math.floor(Number(kib) / 1024);
    }

    /** Return the processors that are online, by libvirt's own tool; node counts those that this process may use. */
    async processors(): Promise<number> {
        const [, count] = /^CPU\(s\):\s*(\d+)$/m.exec(await this.virsh("nodeinfo")) ?? [];
        if (count === undefined) throw new Error("virsh nodeinfo names no CPU(s)");
        return Number(count);
    }

    /** Define and start a network with DHCP; `nat` unless the options say isolated. */
    async defineNatNetwork(name: string, options: TestNetworkOptions = {}): Promise<TestNetwork> {
        const { xml, network } = networkXml(name, options, this.bridges++);
        const file = join(this.folder, `network-${name}.xml`);
        await writeFile(file, xml);
        await this.virsh("net-define", file);
        await this.virsh("net-start", name);
        return network;
    }

    /** End and remove all guests and what is kept of them: for tests of which another one proves the removal. */
    async removeGuests(): Promise<void> {
        const names = async (...which: string[]) =>
            (await this.virsh("list", ...which, "--name")).split("\n").filter(Boolean);
        for (const name of await names()) await this.virsh("destroy", name);
        for (const name of await names("--all")) await this.virsh("undefine", name);
        await rm(this.env.PULUMI_UNIKERNEL_DIR, { recursive: true, force: true });
    }

    async startDaemon(): Promise<void> {
        await this.inside(
            "env",
            ...this.daemonEnv,
            "libvirtd",
            "-d",
            "-p",
            this.pidFile("libvirtd"),
            "-f",
            join(this.folder, "etc", "libvirtd.conf"),
            ...(this.tcp ? ["--listen"] : []),
        );
    }

    /** Stop the daemon by SIGTERM, as a service manager does. Guests keep running. */
    stopDaemon(): Promise<void> {
        return endProcess(this.pidFile("libvirtd"), "SIGTERM");
    }

    /** Kill the daemon by SIGKILL, so that it does not close its connections. Guests keep running. */
    killDaemon(): Promise<void> {
        return endProcess(this.pidFile("libvirtd"), "SIGKILL");
    }

    /** Send a signal to the daemon. SIGSTOP makes a host that accepts connections and never answers. */
    async signalDaemon(signal: NodeJS.Signals): Promise<void> {
        process.kill(Number(await readFile(this.pidFile("libvirtd"), "utf8")), signal);
    }

    /** Prefix that runs a command in the daemon's network and with its view of /var/lib/libvirt and the like. */
    get enterInside(): string[] {
        return ["nsenter", "--target", String(this.holder), "--mount", "--net"];
    }

    /** Run a program in the daemon's network and with its view of /var/lib/libvirt and the like. */
    inside(file: string, ...args: string[]): Promise<string> {
        return must(this.enterInside[0]!, [...this.enterInside.slice(1), file, ...args]);
    }

    /** End every process of the host and remove its folder. */
    async close(): Promise<void> {
        await saveProbes(this.folder);
        await remove(this.netns, this.folder);
    }

    private pidFile(program: string): string {
        return join(this.folder, `${program}.pid`);
    }
}

export async function startLibvirtHost(options: LibvirtHostOptions = {}): Promise<LibvirtHost> {
    if (process.getuid?.() !== 0)
        throw new Error("A libvirt host for tests needs root: it lives in namespaces of its own.");
    await sweepLibvirtHosts();
    const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
    const netns = basename(folder);
    // The qemu user must be able to pass through it.
    chmodSync(folder, 0o755);
    const uuid = randomUUID();
    await prepareFolder(folder, uuid, options);
    await must("ip", ["netns", "add", netns]);
    const host = new LibvirtHost(netns, folder, uuid, await startHolder(netns), options.tcp ?? false);
    try {
        await host.inside("ip", "link", "set", "lo", "up");
        // sysfs shows the network namespace in which it was mounted.
        await host.inside("mount", "-t", "sysfs", "sysfs", "/sys");
        for (const [own, seen] of Object.entries(privateFolders)) {
            await mkdir(seen, { recursive: true });
            await host.inside("mount", "--bind", join(folder, own), seen);
        }
        // No systemd-machined or firewalld: they belong to the machine and would mix guests of the same name on two
        // hosts.
        if (existsSync("/run/dbus")) await host.inside("mount", "--bind", join(folder, "empty"), "/run/dbus");
        if (!options.kvm) await hideKvm(folder, (file, ...args) => host.inside(file, ...args));
        await host.inside("virtlogd", "-d", "-p", join(folder, "virtlogd.pid"));
        await host.startDaemon();
        if (!hasProbes()) {
            await host.virsh("domcapabilities", "--virttype", "qemu");
            await saveProbes(folder);
        }
        return host;
    } catch (error) {
        await host.close();
        throw error;
    }
}
