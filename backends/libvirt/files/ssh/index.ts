/** Guests' files on a host that is reached by ssh. */
import { isSession, sshLogin, type Timeouts } from "../../client";
import type { HostChannels, HostFiles } from "../../host";
import { guestsFolder } from "../guestsFolder";
import { VolumeFiles } from "../volumes";
import { SshChannels } from "./channels";
import { SshConnection } from "./connection";
import { RemoteFiles } from "./remote";
import type { Answers } from "./together";

export { SshConnection } from "./connection";
export { SshFiles } from "./files";
export { RemoteFiles } from "./remote";

/** One connection for each login and folder, which xen+ssh and qemu+ssh to one host share. */
const connections = new Map<string, SshConnection>();
const channels = new WeakMap<SshConnection, SshChannels>();

/**
 * Return the files of a URI whose transport is ssh, libssh or libssh2; undefined for any other. Does not contact the
 * host.
 */
export function sshFilesOf(uri: string, timeouts?: Partial<Timeouts>): HostFiles | undefined {
    const connection = connectionOf(uri, timeouts);
    return (
        connection &&
        new RemoteFiles(connection, isSession(uri) ? undefined : new VolumeFiles(uri, connection.base, timeouts))
    );
}

/** Runs sh scripts on a host, over the connection that its files use. */
export interface SshShell {
    /**
     * @param script for POSIX sh with `set -eu` and LC_ALL=C; short, because other scripts wait until it ends. It runs
     *     again when the connection is lost before its result arrives.
     * @param words $1, $2 …; no command line shows them
     * @returns its output
     * @throws UnikernelError as SshConnection.ask does: `unreachable`, `permission`, `program-failed` for an exit code
     *     other than 0 …
     */
    run(script: string, words: string[]): Promise<string>;
    /**
     * Ask one of many questions that one script answers, as Together does. Answers are latin1 text.
     * @returns undefined: the caller asks on its own
     */
    question(script: string, words: string[]): Promise<Answered | undefined>;
}

export type Answered = Omit<Answers, "out"> & { out: string };

/**
 * Return a shell on the host of a URI whose transport is ssh, libssh or libssh2; undefined for any other. Does not
 * contact the host.
 */
export function sshShellOf(uri: string, timeouts?: Partial<Timeouts>): SshShell | undefined {
    const connection = connectionOf(uri, timeouts);
    return (
        connection && {
            run: async (script, words) =>
                (await connection.ask({ what: "a script", script, words })).out.toString("utf8"),
            question: async (script, words) => {
                const answers = await connection.together.question(script, words);
                return answers && { ...answers, out: answers.out.toString("latin1") };
            },
        }
    );
}

/**
 * Return the channels on the host of a URI whose transport is ssh, libssh or libssh2; undefined for any other. Does not
 * contact the host.
 */
export function sshChannelsOf(uri: string, timeouts?: Partial<Timeouts>): HostChannels | undefined {
    const connection = connectionOf(uri, timeouts);
    if (!connection) return undefined;
    const known = channels.get(connection) ?? new SshChannels(connection);
    channels.set(connection, known);
    return known;
}

function connectionOf(uri: string, timeouts?: Partial<Timeouts>): SshConnection | undefined {
    const login = sshLogin(uri);
    if (!login) return undefined;
    const base = isSession(uri) ? (process.env.PULUMI_UNIKERNEL_DIR ?? "") : guestsFolder(uri);
    const key = JSON.stringify([login, base]);
    const connection = connections.get(key) ?? new SshConnection(login, base, timeouts);
    connections.set(key, connection);
    return connection;
}

/** Close all connections. They also end with this process. */
export async function closeSsh(): Promise<void> {
    const open = [...connections.values()];
    connections.clear();
    await Promise.all(open.map((connection) => connection.close()));
}
