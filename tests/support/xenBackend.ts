import type { Backend } from "../../backends";
import { createLibvirtBackend, type Host, openHost } from "../../backends/libvirt";
import { createXen, type Dom0, type RemoteShell, wayToDom0 } from "../../backends/xen";
import { must } from "./processes";
import { quote } from "./xenHost";

/** What a test does to the calls on their way. */
export interface Wraps {
    host?(host: Host): Host;
    dom0?(dom0: Dom0): Dom0;
}

/** The xen backend against a Xen host of the tests'; the shell is the way to its dom0, however libvirt is reached. */
export function xenBackend(
    shell: () => RemoteShell | undefined,
    { host: wrap = (host) => host, dom0: wrapDom0 = (dom0) => dom0 }: Wraps = {},
): Backend {
    const way = wayToDom0(shell);
    const xen = createXen((host, guest) => wrapDom0(way(host, guest)));
    return createLibvirtBackend(xen, async (uri) => wrap(await openHost(uri)));
}

/** A shell of dom0 over a connection that is open already: a process that lives for a second has no time to make one. */
export function controlShell(sshConfig: string): RemoteShell {
    return {
        run: async (script, words) => {
            const line = ["sh", "-c", script, "sh", ...words].map(quote).join(" ");
            return must("ssh", ["-F", sshConfig, "xen-host", "--", line]);
        },
    };
}
