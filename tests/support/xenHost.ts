import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import type { BootedXenHost } from "../xen-host/boot.mjs" with { "resolution-mode": "import" };
import { capture, type ExecOptions, type ExecResult, must, until } from "./processes";
import { HANG_MS } from "./time";

/** The bridge of dom0 and its guests. Its other end is QEMU's user network, which leases addresses from .20 on. */
export const xenNetwork = {
    bridge: "xenbr0",
    dom0: "10.0.2.15",
    gateway: "10.0.2.2",
    leases: { first: 20, count: 16 },
};

/**
 * A private Xen host: Xen and a Debian dom0 with libvirt, emulated by QEMU, ended with the test process. About 870 MiB
 * are free for guests. Changes to its disk are never kept.
 */
export class XenHost {
    /** libvirt without ssh: `xen+tcp://127.0.0.1:PORT/system`. */
    readonly uri: string;
    /** libvirt by ssh with the host's key; known_hosts is not checked. */
    readonly sshUri: string;
    /** An `ssh -F` configuration in which this host is `xen-host`. */
    readonly sshConfig: string;
    readonly keyFile: string;
    readonly ports: { ssh: number; libvirt: number };

    constructor(
        private readonly booted: BootedXenHost,
        private readonly ssh: ChildProcess,
    ) {
        this.ports = booted.ports;
        this.keyFile = booted.key;
        this.sshConfig = configOf(booted);
        this.uri = `xen+tcp://127.0.0.1:${booted.ports.libvirt}/system`;
        this.sshUri = `xen+ssh://root@127.0.0.1:${booted.ports.ssh}/system?keyfile=${encodeURIComponent(booted.key)}&no_verify=1&no_tty=1`;
    }

    /** Run a program in dom0 over the shared connection. A non-zero exit code is a result, not an error. */
    exec(program: string, args: string[] = [], options: ExecOptions = {}): Promise<ExecResult> {
        return capture("ssh", this.command(program, args), { timeout: HANG_MS, ...options });
    }

    /** Run a program in dom0 that must succeed. @returns its output */
    async run(program: string, ...args: string[]): Promise<string> {
        const { code, stdout, stderr } = await this.exec(program, args);
        if (code !== 0) throw new Error(`${program} ${args.join(" ")}: ended with ${code}: ${stderr.trim()}`);
        return stdout.trim();
    }

    /** Copy a file into dom0 and create its folder. */
    async put(local: string, remote: string): Promise<void> {
        const file = await open(local);
        try {
            await new Promise<void>((resolve, reject) => {
                const script = 'mkdir -p "$1" && cat > "$2"';
                const child = spawn("ssh", this.command("sh", ["-c", script, "put", dirname(remote), remote]), {
                    stdio: [file.fd, "ignore", "ignore"],
                    timeout: HANG_MS,
                });
                child.on("error", reject);
                child.on("close", (code) =>
                    code === 0 ? resolve() : reject(new Error(`${local} could not be copied to ${remote} in dom0`)),
                );
            });
        } finally {
            await file.close();
        }
    }

    /** Run virsh on this host over tcp, as a view independent of the tested code. Throws when it fails. */
    async virsh(...args: string[]): Promise<string> {
        return (await must("virsh", ["-q", "-c", this.uri, ...args], { timeout: HANG_MS })).trim();
    }

    /** Return a key of a running guest, by its path below the domain's folder; undefined when there is none. */
    async store(guest: string, key: string): Promise<string | undefined> {
        const { code, stdout } = await this.exec("xenstore-read", [
            "-R",
            `/local/domain/${await this.virsh("domid", guest)}/${key}`,
        ]);
        return code === 0 ? stdout : undefined;
    }

    /** Return a guest's console output since its first start, from the host's own log. */
    async guestConsole(guest: string): Promise<string> {
        return (await this.exec("cat", [`/var/log/xen/console/guest-${guest}.log`])).stdout.replaceAll("\r", "");
    }

    /** Wait until a guest's console has the text. @returns the console */
    async guestSays(guest: string, text: string): Promise<string> {
        // The guest runs on an emulated host: four times the usual limit of a hang.
        for (const end = Date.now() + 4 * HANG_MS; ; await new Promise((resolve) => setTimeout(resolve, 100))) {
            const console = await this.guestConsole(guest);
            if (console.includes(text)) return console;
            if (Date.now() > end) throw new Error(`no "${text}" on the console of ${guest}:\n${console}`);
        }
    }

    /** Return the address leased to a MAC, once it answers; undefined until then. */
    async addressOf(mac: string): Promise<string | undefined> {
        const { first, count } = xenNetwork.leases;
        const each = Array.from({ length: count }, (_, index) => `10.0.2.${first + index}`);
        await this.exec("sh", ["-c", "for each; do ping -q -c 1 -W 1 $each > /dev/null & done; wait", "ping", ...each]);
        const neighbours = (await this.run("ip", "neigh", "show", "dev", xenNetwork.bridge)).split("\n");
        return neighbours.find((line) => line.includes(` ${mac.toLowerCase()} `))?.split(" ")[0];
    }

    /** Return a free port of 127.0.0.1 that leads to a port of a guest (static or leased address) or of dom0. */
    forward(address: string, port: number): Promise<number> {
        return this.booted.forward(address, port);
    }

    /** Start libvirtd after it was stopped or killed. Guests are not affected. */
    async startDaemon(): Promise<void> {
        await this.run("libvirtd", "-d", "--listen");
        await this.virsh("list");
    }

    /** Stop the daemon by SIGTERM, as a service manager does. */
    async stopDaemon(): Promise<void> {
        await this.run("sh", "-c", endDaemon, "end", "TERM");
    }

    /** Kill the daemon by SIGKILL, so that it does not close its connections. */
    async killDaemon(): Promise<void> {
        await this.run("sh", "-c", endDaemon, "end", "KILL");
    }

    /** Return the output of Xen and dom0's kernel since this host was started. */
    console(): string {
        return this.booted.console();
    }

    /** End the host and remove everything it left. */
    async stop(): Promise<void> {
        this.ssh.kill("SIGKILL");
        await this.booted.stop();
    }

    private command(program: string, args: string[]): string[] {
        return ["-F", this.sshConfig, "xen-host", "--", [program, ...args].map(quote).join(" ")];
    }
}

const endDaemon = "pid=$(cat /run/libvirtd.pid); kill -$1 $pid; while [ -d /proc/$pid ]; do sleep 0.05; done";

/** ssh hands one string to a shell in dom0. */
export const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

const configOf = (booted: BootedXenHost) => join(booted.own, "ssh_config");

/** Return why no Xen host can run on this machine, in a sentence; undefined when one can. */
export async function whyNoXenHost(): Promise<string | undefined> {
    return (await import("../xen-host/boot.mjs")).whyNoXenHost();
}

/**
 * Start a Xen host: build it if necessary (a minute), boot it once to save its state (15 s), and start from that state.
 *
 * @param options.cold boot without the saved state
 */
export async function startXenHost(options: { cold?: boolean } = {}): Promise<XenHost> {
    const booted = await (await import("../xen-host/boot.mjs")).bootXenHost(options);
    const control = join(booted.own, "ssh");
    await writeFile(
        configOf(booted),
        [
            "Host xen-host",
            "HostName 127.0.0.1",
            `Port ${booted.ports.ssh}`,
            "User root",
            `IdentityFile ${booted.key}`,
            "IdentitiesOnly yes",
            "HostKeyAlias xen-host",
            `UserKnownHostsFile ${booted.knownHosts}`,
            "GlobalKnownHostsFile none",
            "BatchMode yes",
            `ControlPath ${control}`,
            "LogLevel ERROR",
            "",
        ].join("\n"),
    );
    const ssh = spawn("setpriv", ["--pdeathsig", "KILL", "ssh", "-F", configOf(booted), "-M", "-N", "xen-host"], {
        stdio: "ignore",
    });
    const host = new XenHost(booted, ssh);
    try {
        await until(() => {
            if (ssh.exitCode !== null) throw new Error("ssh to the Xen host ended at once");
            return existsSync(control);
        });
        if (booted.restored) await host.run("date", "-u", "-s", `@${Math.round(Date.now() / 1000)}`);
        return host;
    } catch (error) {
        await host.stop();
        throw error;
    }
}
