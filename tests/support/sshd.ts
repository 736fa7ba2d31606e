import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { prefix } from "./libvirtHostSetup";
import { must, signalQuietly, until } from "./processes";

export interface SshdOptions {
    /** Further lines of sshd_config; the first value of a keyword is effective. */
    config?: string[];
    /** A command that starts sshd, such as `unshare`: it gets sshd's command line and must exec it. */
    enter?: string[];
    /** The same for each ssh, where sshd is in another network: without quotes and spaces. */
    client?: string[];
    /** Address at which it listens. @default "127.0.0.1" */
    address?: string;
}

/**
 * A private sshd with its own keys, and an `ssh` that ignores the user's configuration and logs each call.
 */
export class Sshd {
    private server?: ChildProcess;

    constructor(
        readonly folder: string,
        readonly port: number,
        private readonly enter: string[],
        private readonly address: string,
    ) {}

    /** Parameters of a libvirt URI that use this server. */
    get parameters(): string {
        return `command=${join(this.folder, "ssh")}&keyfile=${join(this.folder, "user_key")}`;
    }

    uri(path = "/system", user = "root", driver = "qemu+ssh"): string {
        return `${driver}://${user}@${this.address}:${this.port}${path}?${this.parameters}`;
    }

    async start(): Promise<void> {
        await rm(join(this.folder, "pid"), { force: true });
        // setpriv ends sshd with the test process.
        const args = [
            "setpriv",
            "--pdeathsig",
            "KILL",
            ...this.enter,
            "/usr/sbin/sshd",
            "-D",
            "-f",
            join(this.folder, "sshd_config"),
            "-E",
            join(this.folder, "log"),
        ];
        const { pid } = (this.server = spawn(args[0]!, args.slice(1), { stdio: ["ignore", "ignore", "inherit"] }));
        await until(() => {
            if (!existsSync(`/proc/${pid}/exe`))
                throw new Error(`sshd ended: ${readFileSync(join(this.folder, "log"), "utf8")}`);
            // sshd writes its pid file when the port is open.
            return existsSync(join(this.folder, "pid"));
        });
    }

    /** Kill the server and all its sessions, like the sudden end of a host. */
    async kill(): Promise<void> {
        const pid = this.server?.pid;
        this.server = undefined;
        if (!pid) return;
        // Synchronously: a test may do this between two bytes.
        for (const one of [pid, ...descendants(pid)]) signalQuietly(one, "SIGKILL");
        await until(() => !existsSync(`/proc/${pid}/exe`));
    }

    /** Return the arguments of each call of ssh since the last call of this function. */
    async calls(): Promise<string[]> {
        const file = join(this.folder, "calls");
        const calls = existsSync(file) ? (await readFile(file, "utf8")).split("\n").filter(Boolean) : [];
        await rm(file, { force: true });
        return calls;
    }

    async close(): Promise<void> {
        await this.kill();
        await rm(this.folder, { recursive: true, force: true });
    }
}

/** Return a command that runs sshd in its own mount namespace, prepared by sh commands with the words as `$1` …. */
export function ownMounts(commands: string, ...words: string[]): string[] {
    const shift = `${commands}\nshift ${words.length}\nexec "$@"`;
    return ["unshare", "--mount", "--propagation", "private", "sh", "-ec", shift, "sh", ...words];
}

export async function startSshd({
    config = [],
    enter = [],
    client = [],
    address = "127.0.0.1",
}: SshdOptions = {}): Promise<Sshd> {
    const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
    const file = (name: string): string => join(folder, name);
    // sshd reads authorized_keys as the user who logs in.
    chmodSync(folder, 0o711);
    const port = await freePort();
    // sshd's folder for privilege separation before authentication.
    await mkdir("/run/sshd", { recursive: true });
    for (const key of ["host_key", "user_key"])
        await must("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(key)]);
    const hostKey = (await readFile(file("host_key.pub"), "utf8")).trim();
    await writeFile(file("authorized_keys"), await readFile(file("user_key.pub")));
    await writeFile(file("known_hosts"), `[${address}]:${port} ${hostKey}\n`);
    await writeFile(
        file("sshd_config"),
        [
            ...config,
            `ListenAddress ${address}`,
            `Port ${port}`,
            `HostKey ${file("host_key")}`,
            `PidFile ${file("pid")}`,
            `AuthorizedKeysFile ${file("authorized_keys")}`,
            "PermitRootLogin yes",
            "StrictModes no",
            "UsePAM no",
            "PasswordAuthentication no",
        ].join("\n"),
    );
    await writeFile(
        file("config"),
        `UserKnownHostsFile ${file("known_hosts")}\nGlobalKnownHostsFile /dev/null\nIdentitiesOnly yes\n`,
    );
    await writeFile(
        file("ssh"),
        `#!/bin/sh\nprintf '%s\\n' "$*" >> ${file("calls")}\nexec ${[...client, "/usr/bin/ssh"].join(" ")} -F ${file("config")} "$@"\n`,
        { mode: 0o755 },
    );
    const sshd = new Sshd(folder, port, enter, address);
    await sshd.start();
    return sshd;
}

async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
}

/** Return the pids of all descendants of a process. */
function descendants(pid: number): number[] {
    const children = new Map<number, number[]>();
    for (const name of readdirSync("/proc")) {
        if (!/^\d+$/.test(name)) continue;
        const parent = Number(/\) \S (\d+) /.exec(statOf(name))?.[1]);
        children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    }
    const below = (one: number): number[] => (children.get(one) ?? []).flatMap((child) => [child, ...below(child)]);
    return below(pid);
}

function statOf(pid: string): string {
    try {
        return readFileSync(`/proc/${pid}/stat`, "utf8");
    } catch {
        return "";
    }
}
