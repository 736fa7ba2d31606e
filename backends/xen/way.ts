import { isRemote } from "../libvirt/client";
import type { Host } from "../libvirt/host";
import { libvirtAlone, localDom0, type Dom0 } from "./dom0";
import { reaches } from "./reach";
import { remoteDom0, type RemoteShell } from "./shell";

/** The way to the dom0 of a connection. @param shellOf a shell there, for a URI that goes by ssh */
export function wayToDom0(shellOf?: (uri: string) => RemoteShell | undefined): (host: Pick<Host, "uri">) => Dom0 {
    return ({ uri }) => {
        if (!isRemote(uri)) return localDom0;
        const shell = reaches(uri) ? shellOf?.(uri) : undefined;
        return shell ? remoteDom0(shell) : libvirtAlone;
    };
}
