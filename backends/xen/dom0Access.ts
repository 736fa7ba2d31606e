import { isRemote, sshUri } from "../libvirt/client";
import type { Host } from "../libvirt/host";
import type { GuestAccess } from "../libvirt/platform";
import { type Dom0, libvirtAlone, localDom0 } from "./dom0";
import { reachesDom0 } from "./reachesDom0";
import { type RemoteShell, remoteDom0 } from "./shell";

/**
 * Return a function that returns the dom0 of a guest.
 * @param shellOf returns a shell for a libvirt URI that uses ssh
 */
export function dom0AccessBy(
    shellOf?: (uri: string) => RemoteShell | undefined,
): (host: Pick<Host, "uri">, guest?: Pick<GuestAccess, "sshTarget">) => Dom0 {
    return ({ uri: connection }, { sshTarget } = {}) => {
        if (!isRemote(connection)) return localDom0;
        const shell = reachesDom0({ connection, sshTarget }) ? shellOf?.(sshUri({ connection, sshTarget })) : undefined;
        return shell ? remoteDom0(shell) : libvirtAlone;
    };
}
