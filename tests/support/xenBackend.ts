import type { Backend } from "../../backends";
import { createLibvirtBackend, type Host, openHost } from "../../backends/libvirt";
import { createXen, type Dom0, dom0AccessBy, type RemoteShell } from "../../backends/xen";
import { must } from "./processes";
import { PATIENT } from "./time";
import { quote } from "./xenHost";

/** Wrappers that a test puts around calls. */
export interface Wraps {
    host?(host: Host): Host;
    dom0?(dom0: Dom0): Dom0;
}

/** Return the xen backend for a test's Xen host. The shell reaches its dom0, however libvirt is reached. */
export function xenBackend(
    shell: () => RemoteShell | undefined,
    { host: wrap = (host) => host, dom0: wrapDom0 = (dom0) => dom0 }: Wraps = {},
): Backend {
    const way = dom0AccessBy(shell);
    const xen = createXen((host, guest) => wrapDom0(way(host, guest)));
    return createLibvirtBackend(xen, async (uri) => wrap(await openHost(uri, { timeouts: PATIENT })));
}

/** Return a shell in dom0 over an open ssh connection: a process that lives for a second has no time to open one. */
export function controlShell(sshConfig: string): RemoteShell {
    return {
        run: async (script, words) => {
            const line = ["sh", "-c", script, "sh", ...words].map(quote).join(" ");
            return must("ssh", ["-F", sshConfig, "xen-host", "--", line]);
        },
    };
}
