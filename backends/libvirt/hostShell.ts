import { isRemote } from "./client";
import { sshShellOf } from "./files";
import { type HostShell, localShell } from "./localShell";

/**
 * Return a shell on the host of a libvirt URI: this machine's, or by ssh; undefined where the connection offers libvirt
 * alone (tcp, tls).
 */
export function shellOf(uri: string): HostShell | undefined {
    if (!isRemote(uri)) return localShell;
    const shell = sshShellOf(uri);
    return shell && ((script, words) => shell.run(script, words));
}
