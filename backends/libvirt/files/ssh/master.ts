import { randomBytes } from "node:crypto";
import { join } from "node:path";

import { noShell, programMissing, unreachable } from "./errors";
import type { Login } from "./login";
import { letGo, Listener, startSsh } from "./process";
import { runtimeFolder } from "./runtimeFolder";
import { encodeRequest, HELLO, REMOTE_COMMAND } from "./script";

/** Seconds between two signs of life, of which three may be missing. */
const ALIVE = 10;

/** Whatever the user's configuration says of terminals, forwardings and commands is not for us. */
const OURS = [
    "-T", "-o", "BatchMode=yes", "-o", "ClearAllForwardings=yes", "-o", "ForwardAgent=no", "-o", "ForwardX11=no", "-o", "RemoteCommand=none",
    "-o", "PermitLocalCommand=no", "-o", `ServerAliveInterval=${ALIVE}`, "-o", "ServerAliveCountMax=3", "-o", "LogLevel=ERROR",
];

export interface HostFacts {
    uid: number;
    /** The folder of all guests, or where it would be made, can be written. */
    writable: boolean;
    base: string;
}

/**
 * One ssh connection that all sessions share (ssh_config(5): ControlMaster). Its own session waits for
 * the end of its input, which comes with the end of this process, however that ends: so no connection
 * outlives its user, and none needs a time (ControlPersist) after which it is given up.
 */
export class Master {
    private ended = false;

    private constructor(readonly facts: HostFacts, private readonly socket: string, private readonly login: Login, private readonly leave: () => Promise<void>) {}

    /**
     * @param base the folder of all guests; "": the user's own
     * @param timeout milliseconds
     * @param onEnd it was cut, or closed
     */
    static async open(login: Login, base: string, timeout: number, onEnd: () => void): Promise<Master> {
        const what = `connection to ${login.host}`;
        const socket = join(await runtimeFolder(), `${process.pid}-${randomBytes(4).toString("hex")}`);
        const args = [...OURS, ...control(socket, "yes"), "-o", "ControlPersist=no", ...login.options, "--", login.host, REMOTE_COMMAND];
        const ssh = await startSsh(login.program, args);
        const { child } = ssh;
        child.stdin.write(encodeRequest(HELLO, [base]));
        const hello = new Promise<string>((resolve) => {
            const listener = new Listener(resolve);
            child.stdout.on("data", (bytes: Buffer) => listener.hear(bytes));
        });
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, timeout, undefined)));
        const said = await Promise.race([hello, child, late]);
        clearTimeout(timer);
        if (typeof said !== "string") {
            child.kill("SIGKILL");
            if (!said) throw unreachable(login, `no answer within ${timeout / 1000} s`, what);
            if (said.code === "ENOENT") throw programMissing(login, what);
            if (said.exitCode === 255 || said.exitCode === undefined) throw unreachable(login, said.stderr ?? "", what);
            throw noShell(login, said.stderr ?? "", what);
        }
        const [uid, free, ...rest] = said.split(" ");
        const facts = { uid: Number(uid), writable: free === "yes", base: rest.join(" ") };
        const master = new Master(facts, socket, login, async () => {
            child.ref();
            child.stdin.end();
            const end = setTimeout(() => child.kill("SIGKILL"), 2000);
            await child;
            clearTimeout(end);
        });
        void child.then(() => {
            master.ended = true;
            onEnd();
        });
        letGo(ssh);
        return master;
    }

    /** Arguments of a session on this connection. */
    session(): string[] {
        return [...OURS, ...control(this.socket, "no"), ...this.login.options, "--", this.login.host, REMOTE_COMMAND];
    }

    async close(): Promise<void> {
        if (!this.ended) await this.leave();
    }
}

/** `%` begins a token of ssh_config(5). */
function control(socket: string, master: "yes" | "no"): string[] {
    return ["-o", `ControlMaster=${master}`, "-o", `ControlPath="${socket.replaceAll("%", "%%")}"`];
}
