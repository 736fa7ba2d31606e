/** Guests' files on a host that is reached by ssh. */
import { isSession, type Timeouts } from "../../client";
import type { HostFiles } from "../../host";
import { guestsFolder } from "../folders";
import { VolumeFiles } from "../volumes";
import { SshConnection } from "./connection";
import { sshLogin } from "./login";
import { RemoteFiles } from "./remote";

export { SshConnection } from "./connection";
export { SshFiles } from "./files";
export { type Login, sshLogin } from "./login";
export { RemoteFiles } from "./remote";

/** One for each login and folder: xen+ssh and qemu+ssh to one host share it. */
const connections = new Map<string, SshConnection>();

/** The files of a URI whose transport is ssh, libssh or libssh2; undefined for all others. Asks nothing of the host yet. */
export function sshFilesOf(uri: string, timeouts?: Partial<Timeouts>): HostFiles | undefined {
    const connection = connectionOf(uri, timeouts);
    return (
        connection &&
        new RemoteFiles(connection, isSession(uri) ? undefined : new VolumeFiles(uri, connection.base, timeouts))
    );
}

/** Scripts of sh on a host, by the connection that its files take. */
export interface SshShell {
    /**
     * @param script for POSIX sh with `set -eu` and LC_ALL=C; short, as others wait until it ends. It is run
     *     again when the connection is cut before its end is known.
     * @param words $1, $2 …; they are on no command line
     * @returns what it printed
     * @throws UnikernelError as SshConnection.ask does: `unreachable`, `permission`, `program-failed` for any other end than 0 …
     */
    run(script: string, words: string[]): Promise<string>;
}

/** A shell on the host of a URI whose transport is ssh, libssh or libssh2; undefined for all others. Asks nothing of the host yet. */
export function sshShellOf(uri: string, timeouts?: Partial<Timeouts>): SshShell | undefined {
    const connection = connectionOf(uri, timeouts);
    return (
        connection && {
            run: async (script, words) =>
                (await connection.ask({ what: "a script", script, words })).out.toString("utf8"),
        }
    );
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

/** Ends all connections. They also end with this process. */
export async function closeSsh(): Promise<void> {
    const open = [...connections.values()];
    connections.clear();
    await Promise.all(open.map((connection) => connection.close()));
}
