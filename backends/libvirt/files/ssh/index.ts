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

/** One for each login and folder: xen+ssh and qemu+ssh to one host share it. */
const connections = new Map<string, SshConnection>();

/** The files of a URI whose transport is ssh, libssh or libssh2; undefined for all others. Asks nothing of the host yet. */
export function sshFilesOf(uri: string, timeouts?: Partial<Timeouts>): HostFiles | undefined {
    const login = sshLogin(uri);
    if (!login) return undefined;
    const session = isSession(uri);
    const base = session ? (process.env.PULUMI_UNIKERNEL_DIR ?? "") : guestsFolder(uri);
    const key = JSON.stringify([login, base]);
    const connection = connections.get(key) ?? new SshConnection(login, base, timeouts);
    connections.set(key, connection);
    return new RemoteFiles(connection, session ? undefined : new VolumeFiles(uri, base, timeouts));
}

/** Ends all connections. They also end with this process. */
export async function closeSsh(): Promise<void> {
    const open = [...connections.values()];
    connections.clear();
    await Promise.all(open.map((connection) => connection.close()));
}
