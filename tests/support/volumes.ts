import type { Host } from "../../backends/libvirt";
import { VolumeFiles } from "../../backends/libvirt/files";
import type { LibvirtHost } from "./libvirtHost";

/** Return the host with its guests' files as storage volumes. */
export function byVolumes(host: Host, machine: LibvirtHost): Host {
    return { ...host, files: new VolumeFiles(machine.uri, machine.env.PULUMI_UNIKERNEL_DIR) };
}
