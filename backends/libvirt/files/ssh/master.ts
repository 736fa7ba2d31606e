import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { join } from "node:path";

import type { Login } from "../../client";
import { noShell, programMissing, unreachable } from "./errors";
import { Listener, startSsh } from "./process";
import { runtimeFolder } from "./runtimeFolder";
import { type Answer, Shell } from "./shell";
import { encodeProgram, REMOTE_COMMAND, SERVE } from "./shellProtocol";

type Child = Awaited<ReturnType<typeof startSsh>>["child"];

/** Seconds between keepalive messages; ssh gives up after three without an answer. */
const ALIVE = 10;

/** Options that override the user's configuration of terminals, forwardings and commands. */
const OURS = [
    "-T",
    "-o",
    "BatchMode=yes",
    "-o",
    "ClearAllForwardings=yes",
    "-o",
    "ForwardAgent=no",
    "-o",
    "ForwardX11=no",
    "-o",
    "RemoteCommand=none",
    "-o",
    "PermitLocalCommand=no",
    "-o",
    `ServerAliveInterval=${ALIVE}`,
    "-o",
    "ServerAliveCountMax=3",
    "-o",
    "LogLevel=ERROR",
];

export interface HostFacts {
    uid: number;
    /** The folder of all guests, or the folder in which it would be created, is writable. */
    writable: boolean;
    base: string;
}

interface Watch {
    /** Time limit for opening it. Milliseconds. */
    connect: number;
    /** Time limit for one short script. Milliseconds. */
    call: number;
    /** Called when it was lost or closed. */
    onEnd(): void;
}

/**
 * One ssh connection that all sessions share (ssh_config(5): ControlMaster). Its own session runs the short scripts
 * until its standard input ends, which happens with this process, however that ends. So no connection outlives its
 * user, and none needs a time-out (ControlPersist).
 */
export class Master {
    private ended = false;
    private readonly shell: Shell;

    private constructor(
        readonly facts: HostFacts,
        private readonly socket: string,
        private readonly login: Login,
        private readonly child: Child,
        { call, onEnd }: Watch,
    ) {
        this.shell = new Shell(child, call, () => {
            this.stuck = true;
            this.abandon();
        });
        void child.then(() => {
            this.ended = true;
            this.lastWords = this.shell.end();
            onEnd();
        });
        (child.stdin as unknown as Socket).unref();
    }

    /** The output of ssh when it ended. */
    lastWords = "";
    /** It was killed because a script took too long. */
    stuck = false;

    /** @param base the folder of all guests; "": the user's own */
    static async open(login: Login, base: string, watch: Watch): Promise<Master> {
        const what = `connection to ${login.host}`;
        const socket = join(await runtimeFolder(), `${process.pid}-${randomBytes(4).toString("hex")}`);
        const args = [
            ...OURS,
            ...control(socket, "yes"),
            "-o",
            "ControlPersist=no",
            ...login.options,
            "--",
            login.host,
            REMOTE_COMMAND,
        ];
        const { child } = await startSsh(login.program, args);
        let complaints = "";
        const complain = (bytes: Buffer): void => void (complaints += bytes.toString("utf8"));
        child.stderr.on("data", complain);
        child.stdin.write(encodeProgram(SERVE, [base]));
        let printed = (): string => "";
        const hello = new Promise<string>((resolve) => {
            const listener = new Listener((line) => {
                child.stdout.off("data", hear);
                child.stderr.off("data", complain);
                resolve(line);
            });
            const hear = (bytes: Buffer): void => listener.hear(bytes);
            printed = () => listener.before();
            child.stdout.on("data", hear);
        });
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, watch.connect, undefined)));
        const said = await Promise.race([hello, child, late]);
        clearTimeout(timer);
        if (typeof said === "string") {
            const [uid, free, ...rest] = said.split(" ");
            return new Master(
                { uid: Number(uid), writable: free === "yes", base: rest.join(" ") },
                socket,
                login,
                child,
                watch,
            );
        }
        child.kill("SIGKILL");
        if (!said) throw unreachable(login, `no answer within ${watch.connect / 1000} s`, what);
        if (said.code === "ENOENT") throw programMissing(login, what);
        if (said.exitCode === 255 || said.exitCode === undefined) throw unreachable(login, complaints, what);
        throw noShell(login, complaints.trim() || printed(), what);
    }

    /** Run a short script; return undefined when the connection was lost. */
    run(script: string, words: string[], data: Uint8Array): Promise<Answer | undefined> {
        return this.ended ? Promise.resolve(undefined) : this.shell.run(script, words, data);
    }

    /** Return ssh's arguments for a separate session on this connection. */
    session(): string[] {
        return [...OURS, ...control(this.socket, "no"), ...this.login.options, "--", this.login.host, REMOTE_COMMAND];
    }

    /**
     * Return ssh's arguments for a channel to an address as the host sees it. Where the connection is gone, ssh would log in again:
     * its proxy keeps it from that.
     */
    channel(to: string): string[] {
        return [
            "-o",
            "LogLevel=DEBUG1",
            ...OURS,
            ...control(this.socket, "no"),
            "-o",
            "ProxyCommand=false",
            "-W",
            to,
            ...this.login.options,
            "--",
            this.login.host,
        ];
    }

    abandon(): void {
        this.child.kill("SIGKILL");
    }

    async close(): Promise<void> {
        this.child.ref();
        this.child.stdin.end();
        const end = setTimeout(() => this.abandon(), 2000);
        await this.child;
        clearTimeout(end);
    }
}

/** Return the options of a shared connection. `%` is escaped, because it begins a token of ssh_config(5). */
function control(socket: string, master: "yes" | "no"): string[] {
    return ["-o", `ControlMaster=${master}`, "-o", `ControlPath="${socket.replaceAll("%", "%%")}"`];
}
