import { randomUUID } from "node:crypto";
import { chmodSync, existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
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
 * A libvirt host of the test's own: libvirtd and virtlogd in a network and a mount namespace of
 * their own, QEMU under DAC security as the distribution's user. Needs root.
 */
export class LibvirtHost {
    readonly uri: string;
    readonly socket: string;
    /** Puts a command into the host's network: `[...enter, "pulumi", "up"]`. Files are the machine's own. */
    readonly enter: string[];
    /** For processes that drive this host: boot files of two hosts never meet. */
    readonly env: { PULUMI_UNIKERNEL_DIR: string };
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

    /** Runs a program in the host's network. A non-zero end is a result, not an error. */
    exec(file: string, args: string[], options: ExecOptions = {}): Promise<ExecResult> {
        return capture(this.enter[0]!, [...this.enter.slice(1), file, ...args], options);
    }

    /** Runs virsh on this host: the view from outside of what is tested. Throws when it fails. */
    async virsh(...args: string[]): Promise<string> {
        return (await must("virsh", ["-q", "-c", this.uri, ...args])).trim();
    }

    /**
     * QEMU's process of a guest, "" when none runs: another one means that it was restarted. From the daemon's own
     * record, since hosts of other tests run guests of the same name beside this one.
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

    /** MiB that the host has, as virsh says it. */
    async memory(): Promise<number> {
        const [, kib] = /^total\s*:\s*(\d+) KiB$/m.exec(await this.virsh("nodememstats")) ?? [];
        if (kib === undefined) throw new Error("virsh nodememstats names no total");
        return Math.floor(Number(kib) / 1024);
    }

    /** Processors, as libvirt's own tool counts them: those that are online, while node counts what this process may see. */
    async processors(): Promise<number> {
        const [, count] = /^CPU\(s\):\s*(\d+)$/m.exec(await this.virsh("nodeinfo")) ?? [];
        if (count === undefined) throw new Error("virsh nodeinfo names no CPU(s)");
        return Number(count);
    }

    /** Defines and starts a network with DHCP; `nat` unless the options say isolated. */
    async defineNatNetwork(name: string, options: TestNetworkOptions = {}): Promise<TestNetwork> {
        const { xml, network } = networkXml(name, options, this.bridges++);
        const file = join(this.folder, `network-${name}.xml`);
        await writeFile(file, xml);
        await this.virsh("net-define", file);
        await this.virsh("net-start", name);
        return network;
    }

    async startDaemon(): Promise<void> {
        await this.inside(
            "libvirtd",
            "-d",
            "-p",
            this.pidFile("libvirtd"),
            "-f",
            join(this.folder, "etc", "libvirtd.conf"),
            ...(this.tcp ? ["--listen"] : []),
        );
    }

    /** SIGTERM, as a service manager does. Guests keep running. */
    stopDaemon(): Promise<void> {
        return endProcess(this.pidFile("libvirtd"), "SIGTERM");
    }

    /** SIGKILL: no goodbye to clients. Guests keep running. */
    killDaemon(): Promise<void> {
        return endProcess(this.pidFile("libvirtd"), "SIGKILL");
    }

    /** A signal to the daemon: SIGSTOP makes a host that accepts connections and never answers. */
    async signalDaemon(signal: NodeJS.Signals): Promise<void> {
        process.kill(Number(await readFile(this.pidFile("libvirtd"), "utf8")), signal);
    }

    /** Runs a program where the daemon lives: its network and its view of /var/lib/libvirt and the like. */
    inside(file: string, ...args: string[]): Promise<string> {
        return must("nsenter", ["--target", String(this.holder), "--mount", "--net", file, ...args]);
    }

    /** Ends every process of the host and removes its folder. */
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
    // The qemu user must reach what lies below.
    chmodSync(folder, 0o755);
    const uuid = randomUUID();
    await prepareFolder(folder, uuid, options);
    await must("ip", ["netns", "add", netns]);
    const host = new LibvirtHost(netns, folder, uuid, await startHolder(netns), options.tcp ?? false);
    try {
        await host.inside("ip", "link", "set", "lo", "up");
        // sysfs shows the network namespace it was mounted in.
        await host.inside("mount", "-t", "sysfs", "sysfs", "/sys");
        for (const [own, seen] of Object.entries(privateFolders)) {
            await mkdir(seen, { recursive: true });
            await host.inside("mount", "--bind", join(folder, own), seen);
        }
        // No systemd-machined or firewalld: they belong to the machine, and would see two hosts' guests of one name.
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
