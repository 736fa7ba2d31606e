import type { Duplex } from "node:stream";

import { abortable, detached, hasCode, UnikernelError } from "../../../../model";
import { Semaphore } from "../../client";
import type { HostChannels } from "../../host";
import { ChannelRefused, startChannel } from "./channel";
import type { SshConnection } from "./connection";

/** Number of channels to one host at a time: each is a process here. */
const AT_ONCE = 32;
/** Time limit of the channel that tests whether the host opens any. Milliseconds. */
const TEST_MS = 10_000;

/** Print the address and the port at which this session reached sshd (ssh(1), ENVIRONMENT: SSH_CONNECTION). */
const SERVER = `
set -- \${SSH_CONNECTION:-}
printf '%s\\n' "\${3:-} \${4:-}"`;

/** Channels of the ssh connection that everything on a host shares, so that none costs a login. */
export class SshChannels implements HostChannels {
    private readonly slots = new Semaphore(AT_ONCE);
    private tested?: Promise<string | undefined>;

    constructor(private readonly connection: SshConnection) {}

    refusal(): Promise<string | undefined> {
        return abortable(
            (this.tested ??= detached(() => this.test()).catch((error: unknown) => {
                this.tested = undefined;
                throw error;
            })),
        );
    }

    async open(address: string, port: number, signal: AbortSignal): Promise<Duplex> {
        const { program, host } = this.connection.login;
        const args = await this.connection.channel(`${address.includes(":") ? `[${address}]` : address}:${port}`);
        await this.slots.acquire();
        const free = (): void => {
            this.slots.release();
        };
        if (signal.aborted) {
            free();
            throw signal.reason as Error;
        }
        return startChannel(program, args, { signal, host, onEnd: free });
    }

    /** Open a channel to sshd itself, which certainly listens. */
    private async test(): Promise<string | undefined> {
        try {
            const { out } = await this.connection.ask({
                what: "look for the address of sshd",
                script: SERVER,
                words: [],
            });
            const [address = "", port = ""] = out.toString("utf8").trim().split(" ");
            if (address === "" || port === "") return undefined;
            const socket = await this.open(address, Number(port), AbortSignal.timeout(TEST_MS));
            socket.destroy();
            return undefined;
        } catch (error) {
            const { host } = this.connection.login;
            if (error instanceof ChannelRefused) return `sshd on ${host} opens no channels for this login`;
            // The login has no shell, or there is no ssh here.
            if (hasCode(error, "unsupported", "program-missing")) return (error as Error).message;
            if (error instanceof UnikernelError) throw error;
            throw new UnikernelError("unreachable", `no channel on ${host} was opened: ${(error as Error).message}`, {
                cause: error,
            });
        }
    }
}
